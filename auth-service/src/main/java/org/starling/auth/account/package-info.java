/** People, known by the hub's stable id. */
@NullMarked
package org.starling.auth.account;

import org.jspecify.annotations.NullMarked;
