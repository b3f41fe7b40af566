package org.starling.training.data;

import java.util.SplittableRandom;

/**
 * An endless stream of sample indices: pass after pass over the data, each pass in another order (Fisher-Yates).
 *
 * <p>Equal seeds give equal streams, so that a batch can be recomputed by whoever knows the seed. Not thread-safe.
 */
public final class SampleStream {
    private final SplittableRandom random;
    private final int[] order;
    private int next;

    /**
     * @param size number of samples in the data, at least 1
     * @param seed another one for each peer
     */
    public SampleStream(int size, long seed) {
        if (size < 1) {
            throw new IllegalArgumentException("there are no samples to stream");
        }
        this.random = new SplittableRandom(seed);
        this.order = new int[size];
        for (int i = 0; i < size; i++) {
            order[i] = i;
        }
        this.next = size;
    }

    /** The next {@code count} indices, each in {@code [0, size)}. */
    public int[] next(int count) {
        int[] indices = new int[count];
        for (int i = 0; i < count; i++) {
            if (next == order.length) {
                shuffle();
            }
            indices[i] = order[next++];
        }
        return indices;
    }

    private void shuffle() {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        next = 0;
    }
}
