/** What moderators want to know of those who take part: their keys, when they were last here, what they contributed. */
@NullMarked
package org.starling.auth.moderation;

import org.jspecify.annotations.NullMarked;
