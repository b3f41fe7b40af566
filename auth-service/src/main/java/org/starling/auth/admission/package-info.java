/** Requests to join and the moderators' answers. */
@NullMarked
package org.starling.auth.admission;

import org.jspecify.annotations.NullMarked;
