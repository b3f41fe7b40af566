package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.testing.ToyReplica;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupMember;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.Span;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Everything that can be wrong with one peer of a group, or with two. In each case the healthy ones end in one state, which is
 * the one that the mean over all of them, and over what arrived of the others, leads to, bit by bit; nobody who is healthy
 * loses a sample; dead peers cost no more than a part timeout and others have reduced their spans; and whoever is faulty but alive is
 * told why its gradient was not in the average, and is in the next one once the fault has passed.
 */
class FaultMatrixTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** Where a reducer is gone, parts go to it, to the next one, and to those whom that asks. */
    private static final int WAYS = 3;

    private static final Duration LOOK = Duration.ofMillis(20);
    private static final long SPEED = 50;
    private static final int SMALLEST = 5;
    private static final int SIZES = 12;
    /** In every so many-th size of group one of the healthy peers can only dial out. */
    private static final int SIZES_PER_BYSTANDER = 5;

    /** Each pair is tried in one size of group; in another with each turn, of which there are as many as sizes. */
    static final int TURN = Integer.getInteger("starling.matrix.turn", 1);

    private static final Map<String, Map<String, String>> MATRIX = new TreeMap<>();

    /** Who is faulty. */
    enum Kind {
        TRAINER(""),
        OUTBOUND_ONLY("hidden, "),
        /** Computes nothing and reduces for the others. */
        HELPER("helper, ");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    /** One peer's fault. */
    record Flaw(PeerFault fault, Kind kind) {
        boolean isPossible() {
            return switch (kind) {
                case TRAINER -> true;
                case OUTBOUND_ONLY -> !fault.isOfReducers();
                case HELPER -> fault.isOfHelpers();
            };
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
                        .filter(second -> isWorthTrying(all.get(first), all.get(second)))
                        .mapToObj(second -> Arguments.of(
                                SMALLEST + (first * 7 + second + TURN) % SIZES, all.get(first), all.get(second))));
    }

    /** What once went wrong in another turn. */
    static Stream<Arguments> onceFailed() {
        return Stream.of(
                pair(5, PeerFault.FAILS_BEFORE, PeerFault.VANISHES),
                pair(7, PeerFault.FAILS_BEFORE, PeerFault.SAYS_VOID),
                pair(8, PeerFault.FAILS_BEFORE, PeerFault.SAYS_VOID),
                pair(9, PeerFault.LOSES_CALLS, PeerFault.LOSES_CALLS));
    }

    private static Arguments pair(int size, PeerFault one, PeerFault other) {
        return Arguments.of(size, new Flaw(one, Kind.TRAINER), new Flaw(other, Kind.TRAINER));
    }

    /** Of helpers those pairs in which somebody else dies too. */
    private static boolean isWorthTrying(Flaw one, Flaw other) {
        return other.kind() != Kind.HELPER
                || one.kind() == Kind.TRAINER
                        && (one.fault() == PeerFault.FAILS_REDUCING || one.fault() == PeerFault.VANISHES);
    }

    @ParameterizedTest(name = "{0} peers, one {1}")
    @MethodSource("single")
    void theOthersCommitOneResultWithoutLosingAnything(int size, Flaw one) {
        String outcome = new Case(size, List.of(one)).run();
        MATRIX.computeIfAbsent(one.toString(), x -> new TreeMap<>()).put(String.format("%2d", size), outcome);
    }

    @ParameterizedTest(name = "{0} peers, {1} and {2}")
    @MethodSource({"pairs", "onceFailed"})
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
        final List<Peer> reachable;
        final Sabotage sabotage;
        final Set<Peer> told = new HashSet<>();
        List<Peer> healthy;

        Case(int size, List<Flaw> flaws) {
            this.flaws = flaws;
            this.swarm = new VirtualSwarm("none", SPEED * size * 2);
            boolean bystander = size % SIZES_PER_BYSTANDER == 1;
            int hidden = (bystander ? 1 : 0)
                    + (int) flaws.stream()
                            .filter(flaw -> flaw.kind() == Kind.OUTBOUND_ONLY)
                            .count();
            for (int i = 0; i < size - hidden; i++) {
                swarm.addTrainer("account" + i, SPEED + i);
            }
            if (bystander) {
                swarm.addOutboundOnlyTrainer("bystander", SPEED);
            }
            for (Flaw flaw : flaws) {
                int turn = flaw.fault().ordinal() + size + faulty.size();
                Peer peer = switch (flaw.kind()) {
                    case TRAINER -> swarm.peers.get(turn % (size - hidden));
                    case OUTBOUND_ONLY -> swarm.addOutboundOnlyTrainer("hidden" + faulty.size(), SPEED);
                    case HELPER -> swarm.addHelper("helper" + faulty.size());
                };
                faulty.add(
                        faulty.contains(peer)
                                ? swarm.peers.get((swarm.peers.indexOf(peer) + 1) % (size - hidden))
                                : peer);
            }
            this.healthy = others(faulty);
            this.reachable = swarm.peers.subList(0, size - hidden);
            this.sabotage = new Sabotage(swarm);
        }

        private List<Peer> others(List<Peer> some) {
            return swarm.peers.stream().filter(peer -> !some.contains(peer)).toList();
        }

        /** Gives the faults of leaders to the peer that leads next. */
        private void chooseLeaders(Peer witness) {
            NodeStatus status = witness.status();
            RoundKey next = new RoundKey(status.generation(), witness.epoch(), witness.digest(), status.headId());
            Peer leader = reachable.stream()
                    .min(Comparator.comparing(peer -> next.rank(peer.identity.id())))
                    .orElseThrow();
            for (int i = 0; i < flaws.size(); i++) {
                if (flaws.get(i).fault().isOfLeaders() && !faulty.contains(leader)) {
                    faulty.set(i, leader);
                } else if (flaws.get(i).fault().isOfLeaders()) {
                    Collections.swap(faulty, i, faulty.indexOf(leader));
                }
            }
            healthy = others(faulty);
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
            swarm.network.inject(sabotage);
            Duration faultless = timeOfARoundWithoutFaults(witness.epoch() + 1);
            chooseLeaders(witness);
            long epoch = witness.epoch() + 1;
            float[] before = witness.replica.parameters().clone();
            for (int i = 0; i < flaws.size(); i++) {
                sabotage.add(faulty.get(i), flaws.get(i).fault());
            }
            sabotage.confideIn(healthy.get(healthy.size() - 1));
            sabotage.begin();
            long voidBefore = voidRounds();
            assertThat(swarm.time.runUntil(() -> sabotage.firstManifestAt().isPresent(), MINUTE))
                    .isTrue();

            faulty.stream().filter(swarm.peers::contains).forEach(this::listenWhetherItIsTold);
            assertThat(swarm.time.runUntil(
                            () -> haveCommitted(epoch) || voidRounds() > voidBefore, VirtualSwarm.ROUND_TIMEOUT))
                    .as("the round ends before the round timeout")
                    .isTrue();
            boolean isVoid = voidRounds() > voidBefore;
            assertThat(isVoid && flaws.stream().allMatch(flaw -> flaw.fault() == PeerFault.SAYS_VOID))
                    .as("nobody's word voids a round")
                    .isFalse();
            Duration cost = sinceManifest();
            if (healthy.size() < swarm.quorum(livingPeers())) {
                // the faulty could void every round
                sabotage.lift();
            }
            assertThat(swarm.time.runUntil(() -> haveCommitted(epoch), MINUTE))
                    .as("the healthy commit the epoch")
                    .isTrue();
            Duration committedAfter = sinceManifest();
            sabotage.lift();
            Instant lifted = swarm.time.now();
            EpochRecord record = recordOfAll(epoch);
            float[] after = expected(record, before);
            assertThat(StateDescription.of(stateOf(after)).digest())
                    .as("the state after the mean over the members of %s", record)
                    .isEqualTo(record.stateAfter());
            assertNothingIsLost(record, isVoid);
            if (!isVoid) {
                assertItCostsNoMoreThanItMust(cost.minus(faultless.multipliedBy(WAYS)));
            }
            if (!isVoid && flaws.stream().allMatch(flaw -> flaw.fault().isDeath())) {
                for (int i = 0; i < flaws.size(); i++) {
                    if (!flaws.get(i).fault().hasReduced()) {
                        assertOthersHaveReduced(record, faulty.get(i));
                    }
                }
            }
            assertTheyAreToldWhy(record);
            assertEverybodyAliveTakesPartAgain(lifted);
            return isVoid
                    ? String.format("void %.1f %.1f", cost.toMillis() / 1e3, committedAfter.toMillis() / 1e3)
                    : String.format("%.1f", cost.toMillis() / 1e3);
        }

        private void assertItCostsNoMoreThanItMust(Duration cost) {
            mostCost()
                    .ifPresent(most -> assertThat(cost)
                            .as("what %s may cost at most", flaws)
                            .isLessThanOrEqualTo(most));
        }

        private Optional<Duration> mostCost() {
            List<OptionalInt> timeouts =
                    flaws.stream().map(flaw -> flaw.fault().mostPartTimeouts()).toList();
            if (timeouts.stream().anyMatch(OptionalInt::isEmpty)) {
                return Optional.empty();
            }
            boolean dieTogether = flaws.size() > 1
                    && flaws.stream()
                            .allMatch(flaw -> flaw.kind() != Kind.OUTBOUND_ONLY
                                    && flaw.fault().isDeath()
                                    && !flaw.fault().hasReduced());
            // one for all who die at the same time, which may be noticed by one check later
            return Optional.of(
                    dieTogether
                            ? VirtualSwarm.PART_TIMEOUT.multipliedBy(9).dividedBy(8)
                            : VirtualSwarm.PART_TIMEOUT.multipliedBy(timeouts.stream()
                                    .mapToInt(OptionalInt::getAsInt)
                                    .sum()));
        }

        private int livingPeers() {
            return (int) swarm.peers.stream()
                    .filter(peer -> healthy.contains(peer) || isAlive(peer))
                    .count();
        }

        private Duration timeOfARoundWithoutFaults(long epoch) {
            sabotage.begin();
            assertThat(swarm.time.runUntil(() -> swarm.peers.stream().allMatch(peer -> peer.epoch() >= epoch), MINUTE))
                    .isTrue();
            Duration time = sinceManifest();
            assertThat(swarm.runToAgreement(epoch, MINUTE)).isTrue();
            sabotage.lift();
            return time;
        }

        /** The spans of the dead have been taken over by those whom the manifest names, in its order. */
        private void assertOthersHaveReduced(EpochRecord record, Peer dead) {
            GroupManifest manifest = sabotage.manifest(record.groupId());
            int index = memberIndex(manifest, dead);
            assertThat(index).isNotNegative();
            List<Integer> roots = new ArrayList<>();
            int part = 0;
            for (Span span : manifest.getSpansList()) {
                for (long offset = 0; offset < span.getElements(); offset += manifest.getPartElements()) {
                    int root = fetchPart(record, part++).getRoot();
                    assertThat(span.getReducersList()).contains(root);
                    if (span.getReducers(0) == index) {
                        roots.add(root);
                    }
                }
            }
            if (!roots.isEmpty()) {
                assertThat(roots)
                        .as("who has reduced the span of %s", dead.address)
                        .anyMatch(root -> root != index);
            }
        }

        private static int memberIndex(GroupManifest manifest, Peer peer) {
            return Stream.concat(manifest.getMembersList().stream(), manifest.getHelpersList().stream())
                    .map(GroupMember::getPublicKey)
                    .toList()
                    .indexOf(ByteString.copyFrom(peer.identity.publicKey()));
        }

        private void assertTheyAreToldWhy(EpochRecord record) {
            for (int i = 0; i < flaws.size(); i++) {
                Peer peer = faulty.get(i);
                if (flaws.get(i).kind() == Kind.HELPER) {
                    continue;
                }
                // whoever keeps the others' votes to itself may have committed the round alone
                if (flaws.get(i).fault() != PeerFault.SAYS_VOID
                        && isAlive(peer)
                        && samples(record, peer).orElse(0L) == 0) {
                    assertThat(swarm.time.runUntil(() -> told.contains(peer), VirtualSwarm.ROUND_TIMEOUT))
                            .as("%s is told why it was left out of %s", peer.address, record)
                            .isTrue();
                }
            }
        }

        /** Looks now and then, for it is said until a round has the peer's gradient. */
        private void listenWhetherItIsTold(Peer peer) {
            if (isToldWhy(peer)) {
                told.add(peer);
            } else {
                swarm.time.at(LOOK, () -> listenWhetherItIsTold(peer));
            }
        }

        private static boolean isToldWhy(Peer peer) {
            return Stream.of(
                            "The last round went on without this peer's gradient: \\S+ says: .+",
                            "The last round went on without this peer's gradient: it did not reach .+",
                            "The last round was void: .+",
                            "It found no group for .+: .+")
                    .anyMatch(sentence -> Pattern.compile(sentence)
                            .matcher(peer.status().explanation())
                            .find());
        }

        private static boolean isAlive(Peer peer) {
            return !peer.scheduler.isStopped() && peer.status().phase() != Phase.STOPPED;
        }

        /**
         * In the next round, that is; one later where it looked dead, two where two are faulty: the others do not wait for it
         * before they have heard from it again, and the next round may be due at once.
         */
        private void assertEverybodyAliveTakesPartAgain(Instant since) {
            Peer witness = healthy.get(0);
            int rounds = flaws.size() > 1 ? 3 : flaws.get(0).fault().looksLikeDeath() ? 2 : 1;
            assertThat(swarm.time.runUntil(() -> roundsSince(witness, since).size() >= rounds, MINUTE))
                    .isTrue();
            List<EpochRecord> next = roundsSince(witness, since).subList(0, rounds);
            for (Peer peer : swarm.peers) {
                if (isAlive(peer)) {
                    assertThat(next)
                            .as("the next rounds of %s", peer.address)
                            .anyMatch(record -> samples(record, peer).orElse(0L) > 0);
                }
            }
        }

        private static List<EpochRecord> roundsSince(Peer witness, Instant since) {
            return witness.records.stream()
                    .filter(record -> record.startedAt().isAfter(since)
                            && record.members().size() > 1)
                    .sorted(Comparator.comparing(EpochRecord::startedAt))
                    .toList();
        }

        /** The record of the epoch that all healthy peers have in their history, perhaps after a fork has healed. */
        private EpochRecord recordOfAll(long epoch) {
            assertThat(swarm.time.runUntil(() -> agreed(epoch).isPresent(), MINUTE))
                    .as(
                            "the healthy agree about epoch %s; final there are %s",
                            epoch,
                            healthy.get(0).records.stream()
                                    .map(EpochRecord::epoch)
                                    .toList())
                    .isTrue();
            return agreed(epoch).orElseThrow();
        }

        private Optional<EpochRecord> agreed(long epoch) {
            Digest state = healthy.get(0).digest();
            if (!healthy.stream().allMatch(peer -> peer.digest().equals(state))) {
                return Optional.empty();
            }
            Map<Digest, EpochRecord> byState = new HashMap<>();
            // one of them may not have heard that a record is final before the next one was
            healthy.forEach(peer -> peer.records.forEach(record -> byState.put(record.stateAfter(), record)));
            EpochRecord record = byState.get(state);
            while (record != null && record.epoch() > epoch) {
                record = byState.get(record.stateBefore());
            }
            return Optional.ofNullable(record);
        }

        private static Optional<Long> samples(EpochRecord record, Peer peer) {
            return record.members().stream()
                    .filter(member -> member.peer().equals(peer.identity.id()))
                    .map(EpochRecord.Member::samples)
                    .findFirst();
        }

        /**
         * Each comes to know at its own time that a round is void, and may miss the next one with what it has, or have gone when the one
         * to whom it has applied begins. Whoever is led by a liar leads itself, or comes later.
         */
        private void assertNothingIsLost(EpochRecord record, boolean afterVoidRound) {
            boolean lyingLeader = flaws.stream().anyMatch(flaw -> flaw.fault() == PeerFault.LIES_ABOUT_WEIGHT);
            for (Peer peer : healthy) {
                assertThat(peer.status().samplesLost()).isZero();
                if (!lyingLeader && !afterVoidRound) {
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
