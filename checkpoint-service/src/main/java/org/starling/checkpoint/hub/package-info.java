/**
 * Uploading to the Hugging Face Hub over its HTTP interface: preupload, LFS, one commit a checkpoint with the parent commit
 * as compare-and-swap. Start at {@link org.starling.checkpoint.hub.HubUploader}.
 */
@NullMarked
package org.starling.checkpoint.hub;

import org.jspecify.annotations.NullMarked;
