package org.starling.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.state.StateSnapshot;
import org.starling.training.task.TrainingTask;
import org.starling.training.task.TrainingTasks;

class TrainingReplicaTest {
    private final TrainingTask task = TrainingTasks.create("toy", Map.of());

    private float[] gradient(long seed) {
        Random random = new Random(seed);
        float[] gradient = new float[task.layout().size()];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = (float) random.nextGaussian();
        }
        return gradient;
    }

    private static StateDescription describe(TrainingReplica replica) {
        return StateDescription.of(replica.state());
    }

    @Test
    void equalGradientsLeadToEqualStates() {
        TrainingReplica one = new TrainingReplica(task);
        TrainingReplica other = new TrainingReplica(task);
        assertThat(describe(one)).isEqualTo(describe(other));

        for (int step = 1; step <= 3; step++) {
            StateDescription before = describe(one);
            one.apply(gradient(step));
            other.apply(gradient(step));
            assertThat(describe(one)).isEqualTo(describe(other)).isNotEqualTo(before);
            assertThat(one.parameters().step()).isEqualTo(step);
        }
    }

    @Test
    void goesOnFromAStateThatItLoads() {
        TrainingReplica ahead = new TrainingReplica(task);
        ahead.apply(gradient(1));
        TrainingReplica behind = new TrainingReplica(task);

        behind.load(StateSnapshot.copyOf(ahead.state()));
        assertThat(describe(behind)).isEqualTo(describe(ahead));
        assertThat(behind.parameters().values())
                .containsExactly(ahead.parameters().values());
        ahead.apply(gradient(2));
        behind.apply(gradient(2));
        assertThat(describe(behind)).isEqualTo(describe(ahead));
    }

    @Test
    void parametersThatWereHandedOutStayAsTheyAre() {
        TrainingReplica replica = new TrainingReplica(task);
        Parameters before = replica.parameters();
        float[] copy = before.values().clone();
        replica.apply(gradient(1));
        replica.apply(gradient(2));

        assertThat(before.values()).containsExactly(copy);
    }

    @Test
    void bytesThatAreNoStateChangeNothing() {
        TrainingReplica replica = new TrainingReplica(task);
        replica.apply(gradient(1));
        StateDescription before = describe(replica);

        assertThatThrownBy(() -> replica.load(bytes(new byte[40]))).isInstanceOf(IllegalArgumentException.class);
        byte[] noNumbers = new byte[(int) replica.state().size()];
        java.util.Arrays.fill(noNumbers, (byte) 0xff);
        assertThatThrownBy(() -> replica.load(bytes(noNumbers))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> replica.apply(new float[3])).isInstanceOf(IllegalArgumentException.class);

        assertThat(describe(replica)).isEqualTo(before);
    }

    private static StateBytes bytes(byte[] content) {
        return new StateBytes() {
            @Override
            public long size() {
                return content.length;
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                target.put(content, (int) offset, target.remaining());
            }
        };
    }
}
