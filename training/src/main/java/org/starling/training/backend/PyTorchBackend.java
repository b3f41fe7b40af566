package org.starling.training.backend;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starling.training.backend.SequenceNetwork.SampleLosses;
import org.starling.training.tensor.TensorLayout;

/**
 * All parameters are one flat leaf of the autograd graph, split into tensors for each pass: so PyTorch itself adds the
 * gradients up, in one flat buffer.
 */
final class PyTorchBackend implements SequenceBackend {
    private final SequenceNetwork network;
    private final long[] boundaries;
    private final Engine engine;
    private final NDManager manager;

    private NDArray parameters;
    private @Nullable NDArray carriedGradient;
    private long samplesOnLeaf;
    private long samplesCarried;
    private boolean closed;

    PyTorchBackend(SequenceNetwork network, Engine engine) {
        this.network = network;
        this.engine = engine;
        this.manager = engine.newBaseManager();
        List<TensorLayout.Tensor> tensors = network.layout().tensors();
        this.boundaries =
                tensors.stream().skip(1).mapToLong(TensorLayout.Tensor::offset).toArray();
        this.parameters = leaf(manager.zeros(new Shape(network.layout().size())));
    }

    @Override
    public void loadParameters(float[] source) {
        requireOpen(source.length);
        carryGradient();
        replaceLeaf(manager.create(source));
    }

    @Override
    public Losses accumulate(TokenBatch batch) {
        requireOpen(network.layout().size());
        PyTorch.GRADIENT_LOCK.lock();
        try (NDManager pass = manager.newSubManager();
                GradientCollector collector = engine.newGradientCollector()) {
            SampleLosses losses = network.losses(weights(parameters, pass), tokens(batch, pass));
            collector.backward(losses.objective().sum());
            samplesOnLeaf += batch.samples();
            return means(losses);
        } finally {
            PyTorch.GRADIENT_LOCK.unlock();
        }
    }

    @Override
    public long drainGradient(float[] destination) {
        requireOpen(destination.length);
        carryGradient();
        long samples = samplesCarried;
        if (carriedGradient == null) {
            Arrays.fill(destination, 0);
        } else {
            carriedGradient.toByteBuffer(true).asFloatBuffer().get(destination);
            carriedGradient.close();
        }
        carriedGradient = null;
        samplesCarried = 0;
        return samples;
    }

    @Override
    public Losses evaluate(TokenBatch batch) {
        requireOpen(network.layout().size());
        try (NDManager pass = manager.newSubManager()) {
            return means(network.losses(constantWeights(pass), tokens(batch, pass)));
        }
    }

    @Override
    public float[][] predictNext(TokenBatch prefixes) {
        requireOpen(network.layout().size());
        try (NDManager pass = manager.newSubManager()) {
            NDArray logits = network.predictNext(constantWeights(pass), tokens(prefixes, pass));
            float[] flat = logits.toFloatArray();
            int vocabulary = flat.length / prefixes.samples();
            float[][] rows = new float[prefixes.samples()][];
            for (int row = 0; row < rows.length; row++) {
                rows[row] = Arrays.copyOfRange(flat, row * vocabulary, (row + 1) * vocabulary);
            }
            return rows;
        }
    }

    @Override
    public void close() {
        closed = true;
        manager.close();
    }

    /** Moves what has added up on the leaf to {@link #carriedGradient}, and leaves a fresh leaf of the same values. */
    private void carryGradient() {
        if (samplesOnLeaf == 0) {
            return;
        }
        try (NDArray gradient = parameters.getGradient()) {
            NDArray sum = carriedGradient == null ? gradient.duplicate() : carriedGradient.add(gradient);
            sum.attach(manager);
            if (carriedGradient != null) {
                carriedGradient.close();
            }
            carriedGradient = sum;
        }
        samplesCarried += samplesOnLeaf;
        samplesOnLeaf = 0;
        try (NDArray values = parameters.stopGradient()) {
            replaceLeaf(values.duplicate());
        }
    }

    private void replaceLeaf(NDArray values) {
        parameters.close();
        parameters = leaf(values);
    }

    private static NDArray leaf(NDArray values) {
        values.setRequiresGradient(true);
        return values;
    }

    private Weights constantWeights(NDManager pass) {
        NDArray constant = parameters.stopGradient();
        constant.attach(pass);
        return weights(constant, pass);
    }

    private Weights weights(NDArray flat, NDManager pass) {
        NDList pieces = boundaries.length == 0 ? new NDList(flat.flatten()) : flat.split(boundaries, 0);
        pieces.attach(pass);
        return new Weights(network.layout(), pieces);
    }

    private static NDArray tokens(TokenBatch batch, NDManager pass) {
        long[] wide = Arrays.stream(batch.tokens()).asLongStream().toArray();
        return pass.create(wide, new Shape(batch.samples(), batch.length()));
    }

    private static Losses means(SampleLosses losses) {
        float[] objective = losses.objective().toFloatArray();
        float[] metric = losses.metric().toFloatArray();
        double objectiveSum = 0;
        double metricSum = 0;
        for (int i = 0; i < objective.length; i++) {
            objectiveSum += objective[i];
            metricSum += metric[i];
        }
        return new Losses(objective.length, objectiveSum / objective.length, metricSum / metric.length);
    }

    private void requireOpen(int length) {
        if (closed) {
            throw new IllegalStateException("the backend is closed");
        }
        if (length != network.layout().size()) {
            throw new IllegalArgumentException("a buffer of " + length + " for a model of "
                    + network.layout().size() + " parameters");
        }
    }
}
