/**
 * The other services of a run, which are asked over HTTP for what only they know. What they tell is shown to people;
 * nothing depends on it, and without them the pages say that it is not known.
 */
@NullMarked
package org.starling.auth.companion;

import org.jspecify.annotations.NullMarked;
