/** A volunteer's peer on this machine: which run it joins, and its process. */
@NullMarked
package org.starling.launcher.join;

import org.jspecify.annotations.NullMarked;
