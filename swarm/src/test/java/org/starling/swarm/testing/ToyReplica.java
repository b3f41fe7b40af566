package org.starling.swarm.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.starling.swarm.node.Replica;
import org.starling.swarm.state.StateBytes;

/** Parameters that plain gradient descent moves; the state is their little-endian bytes. */
public final class ToyReplica implements Replica {
    private static final float LEARNING_RATE = 0.1f;

    private final float[] parameters;

    public ToyReplica(int elements) {
        parameters = new float[elements];
    }

    public float[] parameters() {
        return parameters;
    }

    @Override
    public int elements() {
        return parameters.length;
    }

    @Override
    public StateBytes state() {
        ByteBuffer bytes = ByteBuffer.allocate(parameters.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(parameters);
        return new StateBytes() {
            @Override
            public long size() {
                return bytes.capacity();
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                target.put(bytes.slice((int) offset, target.remaining()));
            }
        };
    }

    @Override
    public void apply(float[] meanGradient) {
        for (int i = 0; i < parameters.length; i++) {
            parameters[i] -= LEARNING_RATE * meanGradient[i];
        }
    }

    @Override
    public void load(StateBytes state) {
        ByteBuffer bytes = ByteBuffer.allocate(parameters.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        if (state.size() != bytes.capacity()) {
            throw new IllegalArgumentException("A state of " + state.size() + " bytes");
        }
        state.read(0, bytes);
        bytes.flip().asFloatBuffer().get(parameters);
    }
}
