package org.starling.peer;

import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.node.Replica;
import org.starling.swarm.state.StateBytes;
import org.starling.training.optimizer.Optimizer;
import org.starling.training.optimizer.TrainingState;
import org.starling.training.task.TrainingTask;
import org.starling.training.tensor.TensorLayout;

/** The task's training state as the swarm's replica. The node changes it; everybody else reads {@link #parameters()}. */
final class TrainingReplica implements Replica {
    private static final Logger log = LoggerFactory.getLogger(TrainingReplica.class);
    private static final int READ_BYTES = 4 << 20;

    private final Optimizer optimizer;
    private final TensorSizes tensors;
    private volatile TrainingState state;
    private volatile Parameters parameters;

    TrainingReplica(TrainingTask task) {
        optimizer = task.newOptimizer();
        tensors = new TensorSizes(
                task.layout().tensors().stream().map(TensorLayout.Tensor::size).toList());
        state = task.initialState();
        parameters = copyParameters(state);
    }

    /** A copy, because the next step changes the state in place while others still read. */
    static Parameters copyParameters(TrainingState state) {
        return new Parameters(state.step(), state.parameters().clone());
    }

    /** The newest parameters. Callable from any thread. */
    Parameters parameters() {
        return parameters;
    }

    @Override
    public int elements() {
        return state.size();
    }

    @Override
    public TensorSizes tensors() {
        return tensors;
    }

    @Override
    public StateBytes state() {
        return new StateBytes() {
            @Override
            public long size() {
                return state.byteLength();
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                state.read(offset, target);
            }
        };
    }

    @Override
    public void apply(float[] meanGradient) {
        Optimizer.StepReport report = optimizer.step(state, meanGradient, state);
        parameters = copyParameters(state);
        log.debug(
                "Step {}: gradient norm {}, learning rate {}, update norm {}",
                report.step(),
                report.gradientNorm(),
                report.learningRate(),
                report.updateNorm());
    }

    @Override
    public void load(StateBytes bytes) {
        TrainingState loaded = parse(bytes, state.size(), state.slotCount());
        state = loaded;
        parameters = copyParameters(loaded);
        log.info("Loaded the state after step {}", loaded.step());
    }

    /**
     * Reads a state of a known shape.
     *
     * @throws IllegalArgumentException if the bytes are something else
     */
    static TrainingState parse(StateBytes bytes, int parameters, int slots) {
        TrainingState.Assembler assembler = new TrainingState.Assembler(parameters, slots);
        if (bytes.size() != assembler.byteLength()) {
            throw new IllegalArgumentException("a state of this run's task has " + assembler.byteLength()
                    + " bytes, but there are " + bytes.size());
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(READ_BYTES, bytes.size()));
        for (long offset = 0; offset < bytes.size(); offset += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), bytes.size() - offset));
            bytes.read(offset, buffer);
            assembler.write(offset, buffer.flip());
        }
        return assembler.finish();
    }
}
