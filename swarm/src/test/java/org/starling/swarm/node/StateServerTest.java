package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.testing.ToyReplica;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.proto.DescribeStateRequest;

class StateServerTest {
    private final VirtualTime time = new VirtualTime();
    private final StateServer server = new StateServer(time.scheduler());

    private List<Digest> step(ToyReplica replica, int times) {
        List<Digest> states = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            float[] gradient = new float[replica.elements()];
            gradient[0] = i + 1;
            states.add(get(server.change(replica, () -> replica.apply(gradient))));
        }
        return states;
    }

    private <T> T get(CompletableFuture<T> future) {
        time.run(Duration.ofSeconds(10));
        assertThat(future).isDone();
        return future.join();
    }

    private org.starling.swarm.wire.proto.StateDescription describe(Digest state, ToyReplica current) {
        return get(server.describe(
                DescribeStateRequest.newBuilder()
                        .setStateDigest(state.toByteString())
                        .build(),
                StateDescription.of(current.state()).digest().equals(state),
                () -> StateSnapshot.copyOf(current.state())));
    }

    @Test
    void aSmallStateIsServedAfterTheReplicaHasGoneOn() {
        ToyReplica replica = new ToyReplica(1000);
        List<Digest> states = step(replica, 9);

        for (Digest state : states.subList(1, 9)) {
            assertThat(describe(state, replica).getBytes())
                    .isEqualTo(replica.state().size());
        }
        assertThatThrownBy(() -> describe(states.get(0), replica)).hasCauseInstanceOf(RefusalException.class);
    }

    @Test
    void aLargeStateIsCopiedOnlyIfSomebodyAsks() {
        ToyReplica replica = new ToyReplica(StateDescription.CHUNK_BYTES / Float.BYTES + 1);
        Digest first = step(replica, 1).get(0);
        describe(first, replica);
        Digest second = step(replica, 1).get(0);
        step(replica, 1);

        assertThat(describe(first, replica).getChunkHashesCount()).isPositive();
        assertThatThrownBy(() -> describe(second, replica)).hasCauseInstanceOf(RefusalException.class);
    }

    @Test
    void aCopyThatFailedIsMadeAgain() {
        ToyReplica replica = new ToyReplica(StateDescription.CHUNK_BYTES / Float.BYTES + 1);
        Digest state = step(replica, 1).get(0);
        DescribeStateRequest request = DescribeStateRequest.newBuilder()
                .setStateDigest(state.toByteString())
                .build();
        server.describe(request, true, () -> {
            throw new IllegalStateException("no memory");
        });
        time.run(Duration.ofSeconds(1));

        assertThat(describe(state, replica).getChunkHashesCount()).isPositive();
    }
}
