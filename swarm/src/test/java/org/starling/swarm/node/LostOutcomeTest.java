package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.virtual.Interference;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.SwarmGrpc;

class LostOutcomeTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** Found by seeds 77 and 104: a member that was too late waited for its round's timeout although it saw the record. */
    @Test
    void aMemberThatMissesARoundGoesOnSoonAfterItsRecord() {
        VirtualSwarm swarm = new VirtualSwarm("none", 600);
        for (int i = 0; i < 6; i++) {
            swarm.addTrainer("account" + i, 20);
        }
        assertThat(swarm.runToAgreement(2, MINUTE)).isTrue();
        Peer unlucky = swarm.peers.get(5);
        Peer other = swarm.peers.get(1);
        swarm.network.inject((from, to, method, request) -> {
            boolean sends = from.equals(unlucky.address) && method.equals(SwarmGrpc.getExchangePartMethod());
            boolean counts = to.equals(unlucky.address) && method.equals(SwarmGrpc.getVoteMethod());
            return sends || counts ? null : request;
        });
        long epoch = other.epoch();
        assertThat(swarm.time.runUntil(() -> other.epoch() > epoch, MINUTE)).isTrue();
        assertThat(unlucky.epoch()).isEqualTo(epoch);

        assertThat(swarm.time.runUntil(() -> unlucky.epoch() > epoch, Duration.ofSeconds(6)))
                .isTrue();
        // it has fetched the result from those who have it
        assertThat(unlucky.status().roundsVoid()).isZero();
    }

    /**
     * Found by a day of home volunteers: where votes came late, those who had voted gave the round up, each for itself, and a few
     * committed it with their votes; that record never got the signatures that it needs, and the swarm went on from it.
     */
    @Test
    void whoeverHasVotedWaitsForThoseWhoStillCount() {
        // the chair, which has no result
        assertCommitted(
                new LateVotes(
                        Duration.ofSeconds(3),
                        VirtualSwarm.PART_TIMEOUT.multipliedBy(5).dividedBy(2)),
                1);
    }

    /** Found by schedule 11273: whoever led gave a round up for which it had voted, and others committed it with that vote. */
    @Test
    void whoeverCountsAsksForVotesThatGotLost() {
        assertCommitted(new LateVotes(Duration.ZERO, VirtualSwarm.PART_TIMEOUT.multipliedBy(5)), 0);
    }

    private static void assertCommitted(LateVotes late, int notBy) {
        VirtualSwarm swarm = new VirtualSwarm("none", 1200);
        for (int i = 0; i < 12; i++) {
            swarm.addTrainer("account" + i, 20);
        }
        assertThat(swarm.runToAgreement(2, MINUTE)).isTrue();
        long epoch = swarm.peers.get(0).epoch();
        late.begin(swarm);

        assertThat(swarm.runToEpoch(epoch + 1, MINUTE)).isTrue();

        assertThat(late.lost).isPositive();
        assertThat(swarm.peers)
                .filteredOn(peer -> peer.status().roundsVoid() > 0)
                .hasSize(notBy);
        assertThat(swarm.time.runUntil(
                        () -> swarm.peers.stream()
                                .allMatch(
                                        peer -> peer.records.stream().anyMatch(record -> record.epoch() == epoch + 1)),
                        MINUTE))
                .isTrue();
    }

    /** The chair gets its own result late, and the votes of five others, whichever teller they try, get lost for a while. */
    private static final class LateVotes implements Interference {
        private final Duration chairLate;
        private final Duration losing;
        private final Set<String> late = new HashSet<>();

        private @Nullable VirtualSwarm swarm;

        private @Nullable String chair;

        private @Nullable Instant until;

        int lost;

        LateVotes(Duration chairLate, Duration losing) {
            this.chairLate = chairLate;
            this.losing = losing;
        }

        void begin(VirtualSwarm swarm) {
            this.swarm = swarm;
            swarm.network.inject(this);
        }

        @Override
        public @Nullable Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
            VirtualSwarm here = Objects.requireNonNull(swarm);
            if (chair == null && method.equals(SwarmGrpc.getJoinGroupMethod())) {
                chair = to;
                here.peers.stream()
                        .map(peer -> peer.address)
                        .filter(address -> !address.equals(chair))
                        .limit(5)
                        .forEach(late::add);
            }
            if (!method.equals(SwarmGrpc.getVoteMethod()) || !late.contains(from)) {
                return request;
            }
            Instant now = here.time.now();
            until = until == null ? now.plus(losing) : until;
            if (now.isBefore(until)) {
                lost++;
                return null;
            }
            return request;
        }

        @Override
        public Duration lateness(String from, String to, Message message) {
            return to.equals(chair) && message instanceof PartReply ? chairLate : Duration.ZERO;
        }
    }
}
