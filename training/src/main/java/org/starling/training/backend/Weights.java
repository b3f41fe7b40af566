package org.starling.training.backend;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.starling.training.tensor.TensorLayout;

/** The tensors of a model as views of the flat parameters on the device; valid for one pass. */
public final class Weights {
    private final Map<String, NDArray> tensors = new HashMap<>();

    Weights(TensorLayout layout, NDList pieces) {
        List<TensorLayout.Tensor> described = layout.tensors();
        for (int i = 0; i < described.size(); i++) {
            long[] shape = described.get(i).shape().stream()
                    .mapToLong(Integer::longValue)
                    .toArray();
            tensors.put(described.get(i).name(), pieces.get(i).reshape(new Shape(shape)));
        }
    }

    /** The tensor of that name in the network's layout. */
    public NDArray get(String name) {
        NDArray tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("the layout has no tensor " + name);
        }
        return tensor;
    }
}
