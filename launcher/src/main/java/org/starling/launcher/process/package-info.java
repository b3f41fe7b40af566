/**
 * Programs of this project as child processes: where their class path is, how they are started with the right
 * signals and priorities, how they end. Start reading at {@link org.starling.launcher.process.ServiceProcess}.
 *
 * <p>Knows nothing of what the programs do. A child never outlives the process that started it: see
 * {@link org.starling.launcher.process.Guard}.
 */
@NullMarked
package org.starling.launcher.process;

import org.jspecify.annotations.NullMarked;
