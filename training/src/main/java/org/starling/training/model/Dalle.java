package org.starling.training.model;

import static ai.djl.nn.Activation.gelu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import org.starling.training.backend.SequenceNetwork;
import org.starling.training.backend.Weights;
import org.starling.training.tensor.ParameterInitializer;
import org.starling.training.tensor.TensorLayout;

/**
 * A DALL-E-like transformer (Ramesh et al. 2021): caption tokens, then image codes, in one causal sequence; pre-norm
 * layers that share parameters in a cycle; the loss of the codes weighted 7:1 against that of the caption.
 *
 * <p>A sequence is {@code caption()} tokens, padded, then {@code codes()} codes.
 */
public record Dalle(DalleShape shape) implements SequenceNetwork {
    private static final float CODE_LOSS_WEIGHT = 7f / 8;
    private static final float NORM_EPSILON = 1e-5f;

    @Override
    public TensorLayout layout() {
        int width = shape.width();
        TensorLayout.Builder layout = TensorLayout.builder()
                .matrix("caption_embedding.weight", shape.captionVocabulary(), width)
                .matrix("code_embedding.weight", shape.codebook(), width)
                .matrix("position_embedding.weight", shape.caption() + shape.codes(), width);
        for (int layer = 0; layer < shape.distinctLayers(); layer++) {
            String name = "layers." + layer;
            norm(layout, name + ".attention_norm", width);
            linear(layout, name + ".attention.query_key_value", width, 3 * width);
            linear(layout, name + ".attention.output", width, width);
            norm(layout, name + ".feed_forward_norm", width);
            linear(layout, name + ".feed_forward.up", width, 4 * width);
            linear(layout, name + ".feed_forward.down", 4 * width, width);
        }
        norm(layout, "final_norm", width);
        linear(layout, "caption_head", width, shape.captionVocabulary());
        linear(layout, "code_head", width, shape.codebook());
        return layout.build();
    }

    /** Gaussian weights as in GPT-2: what writes to the residual stream is smaller the more often it is used. */
    public float[] initialParameters(long seed) {
        TensorLayout layout = layout();
        ParameterInitializer initializer = new ParameterInitializer(layout, seed);
        for (TensorLayout.Tensor tensor : layout.tensors()) {
            if (tensor.name().endsWith("norm.weight")) {
                initializer.constant(tensor.name(), 1);
            } else if (tensor.matrix()) {
                boolean residual =
                        tensor.name().contains(".output.") || tensor.name().contains(".down.");
                initializer.normal(tensor.name(), residual ? 0.02 / StrictMath.sqrt(2.0 * shape.depth()) : 0.02);
            }
        }
        return initializer.build();
    }

    @Override
    public SampleLosses losses(Weights weights, NDArray tokens) {
        NDArray caption = tokens.get(new NDIndex(":, :{}", shape.caption()));
        NDArray codes = tokens.get(new NDIndex(":, {}:", shape.caption()));
        NDArray states = states(weights, tokens.get(new NDIndex(":, :-1")));
        NDArray captionLogits = linear(weights, "caption_head", states.get(new NDIndex(":, :{}", shape.caption())));
        NDArray codeLogits = linear(weights, "code_head", states.get(new NDIndex(":, {}:", shape.caption())));
        NDArray written = caption.neq(shape.padding()).toType(DataType.FLOAT32, false);
        NDArray captionLoss = crossEntropy(captionLogits, caption)
                .mul(written)
                .sum(new int[] {1})
                .div(written.sum(new int[] {1}).maximum(1));
        NDArray codeLoss = crossEntropy(codeLogits, codes).mean(new int[] {1});
        return new SampleLosses(
                scaled(codeLoss, CODE_LOSS_WEIGHT).add(scaled(captionLoss, 1 - CODE_LOSS_WEIGHT)), codeLoss);
    }

    @Override
    public NDArray predictNext(Weights weights, NDArray tokens) {
        String head = tokens.getShape().get(1) < shape.caption() ? "caption_head" : "code_head";
        return linear(weights, head, states(weights, tokens).get(new NDIndex(":, -1")));
    }

    /** Final states {@code [samples, 1 + length, width]}: the state at a place predicts the token at that place. */
    private NDArray states(Weights weights, NDArray tokens) {
        long length = tokens.getShape().get(1) + 1;
        NDArray start = tokens.getManager().full(new Shape(tokens.getShape().get(0), 1), shape.start(), DataType.INT64);
        NDArray caption = start.concat(tokens.get(new NDIndex(":, :{}", shape.caption())), 1);
        NDArray x = embedding(caption, weights.get("caption_embedding.weight"));
        if (length > shape.caption() + 1) {
            NDArray codes = tokens.get(new NDIndex(":, {}:", shape.caption()));
            x = x.concat(embedding(codes, weights.get("code_embedding.weight")), 1);
        }
        x = x.add(weights.get("position_embedding.weight").get(new NDIndex(":{}", length)));
        NDArray positions = tokens.getManager().arange(length);
        NDArray future = positions
                .expandDims(0)
                .gt(positions.expandDims(1))
                .toType(DataType.FLOAT32, false)
                .mul(-1e9f);
        for (int i = 0; i < shape.depth(); i++) {
            String layer = "layers." + i % shape.distinctLayers();
            x = x.add(attention(weights, layer + ".attention", norm(weights, layer + ".attention_norm", x), future));
            x = x.add(feedForward(weights, layer + ".feed_forward", norm(weights, layer + ".feed_forward_norm", x)));
        }
        return norm(weights, "final_norm", x);
    }

    private NDArray attention(Weights weights, String name, NDArray x, NDArray future) {
        long samples = x.getShape().get(0);
        long length = x.getShape().get(1);
        long head = shape.width() / shape.heads();
        NDList queryKeyValue = linear(weights, name + ".query_key_value", x)
                .reshape(samples, length, 3L * shape.heads(), head)
                .transpose(0, 2, 1, 3)
                .split(3, 1);
        NDArray scores = queryKeyValue.get(0).matMul(queryKeyValue.get(1).transpose(0, 1, 3, 2));
        NDArray attended = scaled(scores, (float) (1 / Math.sqrt(head)))
                .add(future)
                .softmax(-1)
                .matMul(queryKeyValue.get(2));
        return linear(
                weights, name + ".output", attended.transpose(0, 2, 1, 3).reshape(samples, length, shape.width()));
    }

    private static NDArray feedForward(Weights weights, String name, NDArray x) {
        return linear(weights, name + ".down", gelu(linear(weights, name + ".up", x)));
    }

    private static NDArray linear(Weights weights, String name, NDArray x) {
        return Linear.linear(x, weights.get(name + ".weight"), weights.get(name + ".bias"))
                .singletonOrThrow();
    }

    private static NDArray norm(Weights weights, String name, NDArray x) {
        Shape last = new Shape(x.getShape().get(2));
        return LayerNorm.layerNorm(x, last, weights.get(name + ".weight"), weights.get(name + ".bias"), NORM_EPSILON)
                .singletonOrThrow();
    }

    private static NDArray embedding(NDArray tokens, NDArray table) {
        return Embedding.embedding(tokens, table, SparseFormat.DENSE).singletonOrThrow();
    }

    /**
     * Multiplies by a constant that lives as long as the pass. {@code x.mul(number)} would not: DJL closes the tensor that
     * it makes of the number, over Java memory, while the backward pass still needs it, and garbage collection frees it.
     */
    private static NDArray scaled(NDArray x, float factor) {
        return x.mul(x.getManager().create(factor));
    }

    private static NDArray crossEntropy(NDArray logits, NDArray targets) {
        return logits.logSoftmax(-1).gather(targets.expandDims(2), 2).squeeze(2).neg();
    }

    private static void norm(TensorLayout.Builder layout, String name, int width) {
        layout.vector(name + ".weight", width).vector(name + ".bias", width);
    }

    private static void linear(TensorLayout.Builder layout, String name, int inputs, int outputs) {
        layout.matrix(name + ".weight", outputs, inputs).vector(name + ".bias", outputs);
    }
}
