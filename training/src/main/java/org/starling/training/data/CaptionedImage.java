package org.starling.training.data;

/**
 * One caption of one image.
 *
 * @param image the image's name; several captions may have the same image
 * @param group images that must not be divided between training and validation share a group
 * @param caption normalized text
 * @param codes the image, {@code int[rows * columns]}, each in {@code [0, codebook size)}; not to be modified
 */
public record CaptionedImage(String image, String group, String caption, int[] codes) {}
