/** Login, problem details and the pages' data. */
@NullMarked
package org.starling.auth.web;

import org.jspecify.annotations.NullMarked;
