/** Repositories of files with a linear history, and the protocols that fill and read them: preupload, Git LFS,
 * commit, tree and resolve. */
@NullMarked
package org.starling.hub.repo;

import org.jspecify.annotations.NullMarked;
