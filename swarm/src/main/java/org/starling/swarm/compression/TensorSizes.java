package org.starling.swarm.compression;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How many elements the tensors have of which a flat vector is made, in order. Immutable. */
public final class TensorSizes {
    private final int[] ends;

    /** Some neighbouring elements of one tensor. */
    record Stretch(int elements, int tensorElements) {}

    /** @throws IllegalArgumentException if there is no tensor, or an empty one, or more elements than an array has */
    public TensorSizes(List<Integer> sizes) {
        if (sizes.isEmpty()) {
            throw new IllegalArgumentException("A vector of no tensors");
        }
        ends = new int[sizes.size()];
        int end = 0;
        for (int i = 0; i < ends.length; i++) {
            if (sizes.get(i) < 1 || sizes.get(i) > Integer.MAX_VALUE - end) {
                throw new IllegalArgumentException(
                        "A tensor of " + sizes.get(i) + " elements after " + end + " others");
            }
            end += sizes.get(i);
            ends[i] = end;
        }
    }

    /** A vector that is one tensor, or whose tensors are unknown. */
    public static TensorSizes single(int elements) {
        return new TensorSizes(List.of(elements));
    }

    /** Of all tensors. */
    public int elements() {
        return ends[ends.length - 1];
    }

    /** The tensors in a part of the vector, as far as they reach into it. */
    List<Stretch> stretches(int offset, int elements) {
        if (offset < 0 || elements < 0 || elements > elements() - offset) {
            throw new IndexOutOfBoundsException(
                    elements + " elements from " + offset + " on, in a vector of " + elements());
        }
        List<Stretch> stretches = new ArrayList<>();
        int start = 0;
        for (int end : ends) {
            int length = Math.min(end, offset + elements) - Math.max(start, offset);
            if (length > 0) {
                stretches.add(new Stretch(length, end - start));
            }
            start = end;
        }
        return stretches;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof TensorSizes other && Arrays.equals(ends, other.ends);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ends);
    }
}
