package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.testing.ToyReplica;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Everything that can be wrong with one peer of a group, or with two. In each case the healthy ones end in one state, which is
 * the one that the mean over all of them, and over what arrived of the others, leads to, bit by bit; nobody who is healthy
 * loses a sample; a dead peer costs no more than a part timeout and a quarter; and whoever is faulty but alive takes part again once the
 * fault has passed.
 */
class FaultMatrixTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final long SPEED = 50;
    /** What a round without faults takes here. */
    private static final Duration ROUND = Duration.ofMillis(100);

    private static final Map<String, Map<String, String>> MATRIX = new TreeMap<>();

    /** Who is faulty. */
    enum Kind {
        TRAINER(""),
        OUTBOUND_ONLY("hidden, ");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    /** One peer's fault. */
    record Flaw(PeerFault fault, Kind kind) {
        boolean isPossible() {
            return kind != Kind.OUTBOUND_ONLY || !fault.isOfReducers();
        }

        @Override
        public String toString() {
            return kind.label + fault;
        }
    }

    static Stream<Arguments> single() {
        return flaws().flatMap(flaw -> Stream.of(5, 6, 8, 11, 16).map(size -> Arguments.of(size, flaw)));
    }

    private static Stream<Flaw> flaws() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(PeerFault.values()).map(fault -> new Flaw(fault, kind)))
                .filter(Flaw::isPossible);
    }

    static Stream<Arguments> pairs() {
        List<Flaw> all = flaws().toList();
        return IntStream.range(0, all.size())
                .boxed()
                .flatMap(first -> IntStream.range(first, all.size())
                        .mapToObj(second ->
                                Arguments.of(5 + (first * 7 + second) % 12, all.get(first), all.get(second))));
    }

    @ParameterizedTest(name = "{0} peers, one {1}")
    @MethodSource("single")
    void theOthersCommitOneResultWithoutLosingAnything(int size, Flaw one) {
        String outcome = new Case(size, List.of(one)).run();
        MATRIX.computeIfAbsent(one.toString(), x -> new TreeMap<>()).put(String.format("%2d", size), outcome);
    }

    @ParameterizedTest(name = "{0} peers, {1} and {2}")
    @MethodSource("pairs")
    void theOthersCommitOneResultWhateverIsWrongWithTwo(int size, Flaw one, Flaw other) {
        String outcome = new Case(size, List.of(one, other)).run();
        MATRIX.computeIfAbsent("pairs " + one, x -> new TreeMap<>()).put(size + " " + other, outcome);
    }

    @AfterAll
    static void print() {
        MATRIX.forEach((row, cells) -> System.out.printf("%-28s %s%n", row, cells));
    }

    /** One group with its faulty peers, from a healthy epoch to the one after the fault. */
    private static final class Case {
        final List<Flaw> flaws;
        final VirtualSwarm swarm;
        final List<Peer> faulty = new ArrayList<>();
        final List<Peer> healthy;
        final Sabotage sabotage;

        Case(int size, List<Flaw> flaws) {
            this.flaws = flaws;
            this.swarm = new VirtualSwarm("none", SPEED * size * 2);
            int hidden = (int) flaws.stream()
                    .filter(flaw -> flaw.kind() == Kind.OUTBOUND_ONLY)
                    .count();
            for (int i = 0; i < size - hidden; i++) {
                swarm.addTrainer("account" + i, SPEED + i);
            }
            for (Flaw flaw : flaws) {
                int turn = flaw.fault().ordinal() + size + faulty.size();
                Peer peer = flaw.kind() == Kind.OUTBOUND_ONLY
                        ? swarm.addOutboundOnlyTrainer("hidden" + faulty.size(), SPEED)
                        : swarm.peers.get(turn % (size - hidden));
                faulty.add(
                        faulty.contains(peer)
                                ? swarm.peers.get((swarm.peers.indexOf(peer) + 1) % (size - hidden))
                                : peer);
            }
            this.healthy =
                    swarm.peers.stream().filter(peer -> !faulty.contains(peer)).toList();
            this.sabotage = new Sabotage(swarm.time);
        }

        String run() {
            Peer witness = healthy.get(0);
            assertThat(swarm.time.runUntil(
                            () -> witness.status()
                                    .head()
                                    .filter(head -> head.members().size() == swarm.peers.size())
                                    .isPresent(),
                            MINUTE))
                    .isTrue();
            assertThat(swarm.runToAgreement(witness.epoch(), MINUTE)).isTrue();
            long epoch = witness.epoch() + 1;
            float[] before = witness.replica.parameters().clone();
            for (int i = 0; i < flaws.size(); i++) {
                sabotage.add(faulty.get(i), flaws.get(i).fault());
            }
            swarm.network.inject(sabotage);
            long voidBefore = voidRounds();
            assertThat(swarm.time.runUntil(() -> sabotage.firstManifestAt().isPresent(), MINUTE))
                    .isTrue();

            assertThat(swarm.time.runUntil(
                            () -> haveCommitted(epoch) || voidRounds() > voidBefore, VirtualSwarm.ROUND_TIMEOUT))
                    .as("the round ends before the round timeout")
                    .isTrue();
            boolean isVoid = voidRounds() > voidBefore;
            Duration cost = sinceManifest();
            sabotage.lift();
            assertThat(swarm.time.runUntil(() -> haveCommitted(epoch), MINUTE))
                    .as("the healthy commit the epoch")
                    .isTrue();
            if (!isVoid && flaws.size() == 1 && flaws.get(0).fault().isDeath()) {
                assertThat(cost)
                        .isLessThanOrEqualTo(VirtualSwarm.PART_TIMEOUT
                                .multipliedBy(5)
                                .dividedBy(4)
                                .plus(ROUND));
            }
            EpochRecord record = recordOfAll(epoch);
            float[] after = expected(record, before);
            assertThat(StateDescription.of(stateOf(after)).digest())
                    .as("the state after the mean over the members of %s", record)
                    .isEqualTo(record.stateAfter());
            assertNothingIsLost(record);
            assertThat(swarm.time.runUntil(this::everybodyAliveTakesPart, MINUTE))
                    .as("whoever is alive takes part again")
                    .isTrue();
            return String.format("%s%.1f", isVoid ? "void " : "", cost.toMillis() / 1e3);
        }

        /** The record of the epoch that all healthy peers have in their history, perhaps after a fork has healed. */
        private EpochRecord recordOfAll(long epoch) {
            assertThat(swarm.time.runUntil(() -> agreed(epoch).isPresent(), MINUTE))
                    .as("the healthy agree about the epoch")
                    .isTrue();
            return agreed(epoch).orElseThrow();
        }

        private Optional<EpochRecord> agreed(long epoch) {
            Digest state = healthy.get(0).digest();
            if (!healthy.stream().allMatch(peer -> peer.digest().equals(state))) {
                return Optional.empty();
            }
            Map<Digest, EpochRecord> byState = new HashMap<>();
            healthy.get(0).records.forEach(record -> byState.put(record.stateAfter(), record));
            EpochRecord record = byState.get(state);
            while (record != null && record.epoch() > epoch) {
                record = byState.get(record.stateBefore());
            }
            return Optional.ofNullable(record);
        }

        private boolean everybodyAliveTakesPart() {
            EpochRecord head = healthy.get(0).status().head().orElseThrow();
            return swarm.peers.stream()
                    .filter(peer -> !peer.scheduler.isStopped() && peer.status().phase() != Phase.STOPPED)
                    .allMatch(peer -> samples(head, peer).orElse(0L) > 0);
        }

        private static Optional<Long> samples(EpochRecord record, Peer peer) {
            return record.members().stream()
                    .filter(member -> member.peer().equals(peer.identity.id()))
                    .map(EpochRecord.Member::samples)
                    .findFirst();
        }

        private void assertNothingIsLost(EpochRecord record) {
            boolean lyingLeader = flaws.stream().anyMatch(flaw -> flaw.fault() == PeerFault.LIES_ABOUT_WEIGHT);
            for (Peer peer : healthy) {
                assertThat(peer.status().samplesLost()).isZero();
                if (!lyingLeader || samples(record, peer).isPresent()) {
                    assertThat(samples(record, peer))
                            .as("samples of %s in %s", peer.address, record)
                            .hasValueSatisfying(samples -> assertThat(samples).isPositive());
                }
            }
        }

        /** The parameters after the step, from each member's own gradient and from who is in which part. */
        private float[] expected(EpochRecord record, float[] before) {
            List<Integer> targets = record.members().stream()
                    .map(member -> IntStream.range(0, swarm.peers.size())
                            .filter(i -> swarm.peers.get(i).identity.id().equals(member.peer()))
                            .findFirst()
                            .orElseThrow())
                    .toList();
            float[] after = before.clone();
            if (targets.size() == 1) {
                for (int i = 0; i < after.length; i++) {
                    after[i] -= 0.1f * (before[i] - targets.get(0) - i * 1e-3f);
                }
                return after;
            }
            GroupManifest manifest = sabotage.manifest(record.groupId());
            int offset = 0;
            for (int part = 0; offset < after.length; part++) {
                PartReply reply = fetchPart(record, part);
                int[] included = BitSet.valueOf(reply.getIncluded().toByteArray()).stream()
                        .toArray();
                double total = IntStream.of(included)
                        .mapToDouble(member -> manifest.getMembers(member).getSamples())
                        .sum();
                int end = offset + reply.getPayload().size() / Float.BYTES;
                for (int i = offset; i < end; i++) {
                    float mean = 0;
                    for (int member : included) {
                        float weight = (float) (manifest.getMembers(member).getSamples() / total);
                        mean += weight * (before[i] - targets.get(member) - i * 1e-3f);
                    }
                    after[i] -= 0.1f * mean;
                }
                offset = end;
            }
            return after;
        }

        private static StateBytes stateOf(float[] parameters) {
            ToyReplica replica = new ToyReplica(parameters.length);
            System.arraycopy(parameters, 0, replica.parameters(), 0, parameters.length);
            return replica.state();
        }

        private PartReply fetchPart(EpochRecord record, int part) {
            Peer holder = healthy.stream()
                    .filter(peer -> samples(record, peer).isPresent())
                    .findFirst()
                    .orElseThrow();
            CompletableFuture<? extends Message> reply = holder.node
                    .handler()
                    .handle(
                            holder.caller,
                            SwarmGrpc.getFetchPartMethod(),
                            FetchPartRequest.newBuilder()
                                    .setGroupId(record.groupId())
                                    .setPart(part)
                                    .build());
            assertThat(swarm.time.runUntil(reply::isDone, MINUTE)).isTrue();
            return (PartReply) reply.join();
        }

        private boolean haveCommitted(long epoch) {
            return healthy.stream().allMatch(peer -> peer.epoch() >= epoch);
        }

        private long voidRounds() {
            return healthy.stream()
                    .mapToLong(peer -> peer.status().roundsVoid())
                    .sum();
        }

        private Duration sinceManifest() {
            return Duration.between(sabotage.firstManifestAt().orElseThrow(), swarm.time.now());
        }
    }
}
