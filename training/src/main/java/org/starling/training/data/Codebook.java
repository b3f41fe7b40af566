package org.starling.training.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;

/**
 * A fixed vocabulary of square patches: turns an image into a grid of codes, row by row, and back.
 *
 * <p>Stored as one lossless PNG that shows all patches side by side, {@value #PATCHES_PER_ROW} to a row. Immutable.
 */
public final class Codebook {
    private static final int PATCHES_PER_ROW = 32;

    private final int patchSize;
    private final int channels;
    private final int[] values;

    /**
     * @param patchSize side of a patch in pixels
     * @param values one patch after the other, each row-major with interleaved RGB in 0..255; taken over, not copied
     */
    Codebook(int patchSize, int[] values) {
        this.patchSize = patchSize;
        this.channels = 3 * patchSize * patchSize;
        this.values = values;
        if (values.length == 0 || values.length % channels != 0) {
            throw new IllegalArgumentException("a codebook of " + values.length + " values for patches of " + channels);
        }
    }

    /** Number of codes. */
    public int size() {
        return values.length / channels;
    }

    /** Side of a patch in pixels. */
    public int patchSize() {
        return patchSize;
    }

    /** The nearest patch, by squared distance, for each place of the grid. */
    public int[] encode(BufferedImage image) {
        int[][] patches = patches(image, patchSize);
        int[] codes = new int[patches.length];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = nearest(patches[i]);
        }
        return codes;
    }

    /** The image whose places show the given codes; {@code codes.length} is {@code columns} times the number of rows. */
    public BufferedImage decode(int[] codes, int columns) {
        BufferedImage image =
                new BufferedImage(columns * patchSize, codes.length / columns * patchSize, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < codes.length; i++) {
            draw(codes[i], image, i % columns * patchSize, i / columns * patchSize);
        }
        return image;
    }

    /** The patches of an image, by rows of the grid, each row-major with interleaved RGB in 0..255. */
    static int[][] patches(BufferedImage image, int patchSize) {
        int columns = image.getWidth() / patchSize;
        int[][] patches = new int[columns * (image.getHeight() / patchSize)][3 * patchSize * patchSize];
        for (int i = 0; i < patches.length; i++) {
            int[] pixels = image.getRGB(
                    i % columns * patchSize, i / columns * patchSize, patchSize, patchSize, null, 0, patchSize);
            for (int p = 0; p < pixels.length; p++) {
                patches[i][3 * p] = pixels[p] >> 16 & 0xff;
                patches[i][3 * p + 1] = pixels[p] >> 8 & 0xff;
                patches[i][3 * p + 2] = pixels[p] & 0xff;
            }
        }
        return patches;
    }

    byte[] toPng() throws IOException {
        int columns = Math.min(PATCHES_PER_ROW, size());
        int rows = (size() + columns - 1) / columns;
        BufferedImage image = new BufferedImage(columns * patchSize, rows * patchSize, BufferedImage.TYPE_INT_RGB);
        for (int code = 0; code < size(); code++) {
            draw(code, image, code % columns * patchSize, code / columns * patchSize);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    static Codebook ofPng(byte[] png, int patchSize, int size) throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
        if (image == null || image.getWidth() % patchSize != 0 || image.getHeight() % patchSize != 0) {
            throw new IOException("the codebook is not a PNG of patches of " + patchSize + " pixels");
        }
        int[][] patches = patches(image, patchSize);
        if (patches.length < size) {
            throw new IOException("the codebook shows " + patches.length + " patches, fewer than " + size);
        }
        int channels = 3 * patchSize * patchSize;
        int[] values = new int[size * channels];
        for (int code = 0; code < size; code++) {
            System.arraycopy(patches[code], 0, values, code * channels, channels);
        }
        return new Codebook(patchSize, values);
    }

    private int nearest(int[] patch) {
        int best = 0;
        long bestDistance = Long.MAX_VALUE;
        for (int code = 0; code < size(); code++) {
            long distance = 0;
            for (int i = 0, at = code * channels; i < channels && distance < bestDistance; i++, at++) {
                int difference = patch[i] - values[at];
                distance += difference * difference;
            }
            if (distance < bestDistance) {
                bestDistance = distance;
                best = code;
            }
        }
        return best;
    }

    private void draw(int code, BufferedImage image, int x, int y) {
        if (code < 0 || code >= size()) {
            throw new IllegalArgumentException("code " + code + " is not in a codebook of " + size());
        }
        for (int p = 0; p < patchSize * patchSize; p++) {
            int at = code * channels + 3 * p;
            image.setRGB(x + p % patchSize, y + p / patchSize, values[at] << 16 | values[at + 1] << 8 | values[at + 2]);
        }
    }
}
