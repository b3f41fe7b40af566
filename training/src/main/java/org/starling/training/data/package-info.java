/**
 * Where samples come from: packed datasets of captioned images, their codebook and tokenizer, and the order in which a
 * peer sees them.
 *
 * <p>{@link org.starling.training.data.PackDatasetCommand} makes a dataset from a folder of images. Knows files and
 * arrays, no model and no engine.
 */
@NullMarked
package org.starling.training.data;

import org.jspecify.annotations.NullMarked;
