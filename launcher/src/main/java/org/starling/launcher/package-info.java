/** The command {@code starling} and its subcommands. Start reading at {@link org.starling.launcher.Starling}. */
@NullMarked
package org.starling.launcher;

import org.jspecify.annotations.NullMarked;
