/**
 * Checkpoints on disk: a folder each, with the files that the training library writes and the signed epoch record beside
 * them. Whatever is read back is compared with the digest that the swarm agreed on. Start at {@link
 * org.starling.checkpoint.archive.CheckpointArchive}.
 */
@NullMarked
package org.starling.checkpoint.archive;

import org.jspecify.annotations.NullMarked;
