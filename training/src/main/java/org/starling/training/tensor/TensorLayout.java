package org.starling.training.tensor;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * The tensors of a model, in order, packed without gaps into one flat {@code float[size()]}, each row-major.
 *
 * <p>Immutable. Two peers of a run must have equal layouts: the order of the tensors is the order in which the state is
 * hashed.
 */
public final class TensorLayout {
    /**
     * One tensor in the flat buffer.
     *
     * @param name unique name; letters, digits, dots and underscores
     * @param shape dimensions, outermost first; empty for a scalar
     * @param offset index of the first element in the flat buffer
     * @param size number of elements
     * @param matrix whether this is a weight of a linear map or an embedding, to which weight decay (and in LAMB the
     *     trust ratio) applies, and not a bias or a normalization's gain
     */
    public record Tensor(String name, List<Integer> shape, int offset, int size, boolean matrix) {
        public Tensor {
            shape = List.copyOf(shape);
        }
    }

    private final List<Tensor> tensors;
    private final int size;

    private TensorLayout(List<Tensor> tensors, int size) {
        this.tensors = List.copyOf(tensors);
        this.size = size;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The tensors by ascending offset. */
    public List<Tensor> tensors() {
        return tensors;
    }

    /** Number of floats of the flat buffer. */
    public int size() {
        return size;
    }

    /**
     * The tensor of that name.
     *
     * @throws NoSuchElementException if there is none
     */
    public Tensor tensor(String name) {
        return tensors.stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("no tensor named " + name));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorLayout layout && tensors.equals(layout.tensors);
    }

    @Override
    public int hashCode() {
        return tensors.hashCode();
    }

    /** One line per tensor: name, shape, offset, and {@code matrix} or {@code vector}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Tensor tensor : tensors) {
            text.append(tensor.name())
                    .append(' ')
                    .append(tensor.shape())
                    .append(" @")
                    .append(tensor.offset())
                    .append(tensor.matrix() ? " matrix\n" : " vector\n");
        }
        return text.toString();
    }

    /** Collects tensors in the order of the flat buffer. */
    public static final class Builder {
        private final List<Tensor> tensors = new ArrayList<>();
        private final Set<String> names = new HashSet<>();
        private int size;

        private Builder() {}

        /** Adds a weight of a linear map or an embedding: it decays. */
        public Builder matrix(String name, int... shape) {
            return add(name, true, shape);
        }

        /** Adds a bias or a normalization's gain: it does not decay. */
        public Builder vector(String name, int... shape) {
            return add(name, false, shape);
        }

        private Builder add(String name, boolean matrix, int... shape) {
            if (!name.matches("[A-Za-z0-9_.]+") || !names.add(name)) {
                throw new IllegalArgumentException("not a new, plain tensor name: '" + name + "'");
            }
            List<Integer> dimensions = new ArrayList<>(shape.length);
            int elements = 1;
            for (int dimension : shape) {
                if (dimension < 1) {
                    throw new IllegalArgumentException("tensor " + name + " has a dimension of " + dimension);
                }
                dimensions.add(dimension);
                elements = Math.multiplyExact(elements, dimension);
            }
            tensors.add(new Tensor(name, dimensions, size, elements, matrix));
            size = Math.addExact(size, elements);
            return this;
        }

        public TensorLayout build() {
            if (tensors.isEmpty()) {
                throw new IllegalStateException("a layout needs at least one tensor");
            }
            return new TensorLayout(tensors, size);
        }
    }
}
