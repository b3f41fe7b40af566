package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.virtual.Interference;

/** What is waited for, and how long, when lines are slow, and when a peer does not answer any more. */
class AdaptiveDeadlinesTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration SLOW = Duration.ofMillis(150);

    private final VirtualSwarm swarm = new VirtualSwarm("none", 300);
    private final Map<Deadline, List<Duration>> allowed = new EnumMap<>(Deadline.class);
    private final Weather weather = new Weather();

    /** Lines that are slow, peers of which nothing comes and that nothing reaches. */
    private static final class Weather implements Interference {
        Duration lateness = Duration.ZERO;
        final Set<String> silent = new HashSet<>();

        @Override
        public @Nullable Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
            return silent.contains(from) || silent.contains(to) ? null : request;
        }

        @Override
        public @Nullable Message onReply(String caller, String answerer, Message request, Message reply) {
            return silent.contains(caller) || silent.contains(answerer) ? null : reply;
        }

        @Override
        public Duration lateness(String from, String to, Message message) {
            return lateness;
        }
    }

    private void begin(int trainers) {
        for (int i = 0; i < trainers; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        swarm.network.inject(weather);
    }

    private void listenTo(Peer peer) {
        peer.node.addListener(new NodeListener() {
            @Override
            public void deadlineUsed(Deadline deadline, Duration took, Duration time) {
                allowed.computeIfAbsent(deadline, d -> new ArrayList<>()).add(time);
            }
        });
    }

    private Duration last(Deadline deadline) {
        List<Duration> times = Objects.requireNonNull(allowed.get(deadline));
        return times.get(times.size() - 1);
    }

    @Test
    void onASlowLineEverythingThatIsAdaptedHasMoreTime() {
        begin(3);
        assertThat(swarm.runToEpoch(8, MINUTE)).isTrue();
        listenTo(swarm.peers.get(1));
        assertThat(swarm.runToEpoch(10, MINUTE)).isTrue();
        Map<Deadline, Duration> fast = new EnumMap<>(Deadline.class);
        allowed.keySet().forEach(kind -> fast.put(kind, last(kind)));

        weather.lateness = SLOW;
        assertThat(swarm.runToEpoch(25, MINUTE)).isTrue();

        for (Deadline kind :
                EnumSet.of(Deadline.GOSSIP, Deadline.CALL, Deadline.JOIN, Deadline.PART, Deadline.TELLER)) {
            assertThat(last(kind)).as("%s", kind).isGreaterThan(fast.get(kind));
        }
        // all members of a round wait as long for these
        for (Deadline kind : EnumSet.of(Deadline.MEETING, Deadline.VOTES, Deadline.ROUND)) {
            assertThat(last(kind)).as("%s", kind).isEqualTo(fast.get(kind));
        }
    }

    /** Found by schedule 11273: all that lived were taken for gone, and every round was void. */
    @Test
    void whereTheWayTakesLongerThanThePartTimeoutRoundsAreCommitted() {
        begin(4);
        weather.lateness = VirtualSwarm.PART_TIMEOUT.multipliedBy(3).dividedBy(5);
        assertThat(swarm.runToEpoch(2, MINUTE)).isTrue();
        long before = roundsVoid();

        assertThat(swarm.runToEpoch(8, MINUTE.multipliedBy(2))).isTrue();

        assertThat(roundsVoid()).isEqualTo(before);
    }

    private long roundsVoid() {
        return swarm.peers.stream()
                .mapToLong(peer -> peer.status().roundsVoid())
                .sum();
    }

    @Test
    void aPeerOfWhichNothingComesIsGivenUpSoonerThanTheConfiguredTime() {
        begin(5);
        assertThat(swarm.runToEpoch(8, MINUTE)).isTrue();
        Peer gone = swarm.peers.get(4);
        Peer witness = swarm.peers.get(0);
        listenTo(witness);
        long epoch = witness.epoch();
        boolean[] began = {false};
        swarm.network.inject(new Interference() {
            @Override
            public @Nullable Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
                if (method.getFullMethodName().endsWith("/ExchangePart") && from.equals(gone.address)) {
                    weather.silent.add(gone.address);
                    began[0] = true;
                }
                return weather.onRequest(from, to, method, request);
            }

            @Override
            public @Nullable Message onReply(String caller, String answerer, Message request, Message reply) {
                return weather.onReply(caller, answerer, request, reply);
            }
        });
        assertThat(swarm.time.runUntil(() -> began[0], MINUTE)).isTrue();
        long since = swarm.time.now().toEpochMilli();

        assertThat(swarm.time.runUntil(
                        () -> swarm.peers.stream().filter(p -> p != gone).allMatch(p -> p.epoch() > epoch), MINUTE))
                .isTrue();

        assertThat(Duration.ofMillis(swarm.time.now().toEpochMilli() - since))
                .isLessThan(VirtualSwarm.PART_TIMEOUT.multipliedBy(3).dividedBy(4));
    }

    @Test
    void aLeaderThatDoesNotAnswerCostsLessThanTheConfiguredTime() {
        begin(4);
        assertThat(swarm.runToEpoch(8, MINUTE)).isTrue();
        swarm.peers.forEach(this::listenTo);
        long epoch = swarm.peers.get(0).epoch();
        swarm.network.inject(new Interference() {
            @Override
            public @Nullable Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
                if (method.getFullMethodName().endsWith("/JoinGroup") && weather.silent.isEmpty()) {
                    weather.silent.add(to);
                }
                return weather.onRequest(from, to, method, request);
            }

            @Override
            public @Nullable Message onReply(String caller, String answerer, Message request, Message reply) {
                return weather.onReply(caller, answerer, request, reply);
            }
        });

        assertThat(swarm.time.runUntil(
                        () -> swarm.peers.stream()
                                .filter(p -> !weather.silent.contains(p.address))
                                .allMatch(p -> p.epoch() > epoch + 1),
                        MINUTE))
                .isTrue();

        // the window of three seconds, and half of the three that the call may take with a peer of which nothing is
        // known
        assertThat(allowed.get(Deadline.JOIN)).contains(Duration.ofMillis(4500));
    }
}
