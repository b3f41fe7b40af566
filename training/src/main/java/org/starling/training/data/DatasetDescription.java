package org.starling.training.data;

import java.util.List;

/**
 * The content of {@code dataset.json}.
 *
 * @param format version of this file; currently 1
 * @param name lower-case words joined by hyphens
 * @param imageSize side of an image in pixels
 * @param patchSize side of a patch in pixels
 * @param codebookSize number of patches in the codebook
 * @param trainingShards Parquet files with the training samples
 * @param validationShards Parquet files with the validation samples
 * @param trainingSamples captions with image in all training shards
 * @param validationSamples captions with image in all validation shards
 * @param images images in all
 * @param decibels peak signal-to-noise ratio of images decoded from their codes
 * @param attribution who made the images and under which licence
 * @param digest SHA-256 over the codebook and all shards, in hexadecimal
 */
public record DatasetDescription(
        int format,
        String name,
        int imageSize,
        int patchSize,
        int codebookSize,
        List<String> trainingShards,
        List<String> validationShards,
        int trainingSamples,
        int validationSamples,
        int images,
        double decibels,
        String attribution,
        String digest) {
    static final int FORMAT = 1;

    /** Patches in a row of an image. */
    public int columns() {
        return imageSize / patchSize;
    }

    /** Codes of an image. */
    public int codesPerImage() {
        return columns() * columns();
    }
}
