/**
 * The pages for people: HTML made here, no script needed. They call the same services as the REST interface and decide
 * nothing themselves.
 */
@NullMarked
package org.starling.auth.page;

import org.jspecify.annotations.NullMarked;
