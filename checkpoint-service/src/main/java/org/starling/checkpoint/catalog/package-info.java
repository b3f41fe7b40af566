/**
 * The list of checkpoints and rollbacks in the database. The files are the truth about what can be used; the list adds when,
 * how large, whether uploaded. Start at {@link org.starling.checkpoint.catalog.CheckpointCatalog}.
 */
@NullMarked
package org.starling.checkpoint.catalog;

import org.jspecify.annotations.NullMarked;
