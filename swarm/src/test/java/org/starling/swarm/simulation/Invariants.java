package org.starling.swarm.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.RecordSignature;

/** What must hold whatever goes wrong. Each check throws a {@link ViolationException} naming the invariant. */
final class Invariants {
    private static final int TIMERS_PER_PEER = 60;
    private static final int CALLS_PER_PEER = 40;
    /** With clocks that are wrong by up to twenty seconds, which date the rounds. */
    private static final Duration ORDER_SPREADS = Duration.ofSeconds(30);

    /** In which a record gets its signatures, with the same clocks. */
    private static final Duration RECORD_SIGNED = Duration.ofSeconds(30);

    private static final int SPARE = 1000;
    private static final int ENTRIES_PER_PEER = 20;

    private final AveragingSettings averaging;
    private final String run;
    private final Chronicle chronicle;
    private final Weights weights;
    private final Predicate<EpochRecord> madeUp;
    private final BooleanSupplier undisturbed;
    private final Set<Digest> proven = new HashSet<>();

    /**
     * @param madeUp whether a record tells of what nobody did
     * @param undisturbed whether nothing goes wrong, so that the honest see one another
     */
    Invariants(
            AveragingSettings averaging,
            String run,
            Chronicle chronicle,
            Weights weights,
            Predicate<EpochRecord> madeUp,
            BooleanSupplier undisturbed) {
        this.undisturbed = undisturbed;
        this.madeUp = madeUp;
        this.averaging = averaging;
        this.run = run;
        this.chronicle = chronicle;
        this.weights = weights;
    }

    /** Honest peers that have followed the same records hold the same bytes. */
    void replicaAdvanced(SimulatedPeer peer, SimulatedPeer.Life life, StateReference state) {
        if (life.replica == null) {
            return;
        }
        Digest actual = StateDescription.of(life.replica.state()).digest();
        if (!actual.equals(state.digest())) {
            throw new ViolationException(
                    "one digest",
                    peer + " says that it is in the state " + state.digest().abbreviated() + " and is in "
                            + actual.abbreviated(),
                    List.of(peer));
        }
    }

    /** @param isHeld whether some peer that is up has a state */
    void statusChanged(SimulatedPeer peer, NodeStatus before, NodeStatus now, Predicate<Digest> isHeld) {
        if (now.state().isPresent() && !now.state().equals(before.state())) {
            Digest state = now.state().get().digest();
            Digest agreed = chronicle.stateAt(now.headId(), state);
            if (!agreed.equals(state)) {
                throw new ViolationException(
                        "one digest",
                        peer + " followed the records up to " + now.headId().abbreviated() + " and is in the state "
                                + state.abbreviated() + "; others who did are in " + agreed.abbreviated(),
                        List.of(peer));
            }
        }
        if (!peer.isTrainer() || now.headId().equals(before.headId())) {
            return;
        }
        Optional<EpochRecord> old = chronicle.find(before.headId());
        Optional<EpochRecord> head = chronicle.find(now.headId());
        if (old.isPresent()
                && head.isPresent()
                && chronicle.leadsTo(now.headId(), old.get())
                && isHeld.test(old.get().stateAfter())) {
            throw new ViolationException(
                    "committed stays committed",
                    peer + " went from " + old.get() + " back to " + head.get() + ", which led there",
                    List.of(peer));
        }
        if (head.isPresent() && undisturbed.getAsBoolean() && madeUp.test(head.get())) {
            throw new ViolationException(
                    "nobody follows what was made up",
                    peer + " stands on " + head.get() + ", which is made up",
                    List.of(peer));
        }
    }

    /**
     * Who leaves a chain for another has two thirds of the votes for that, or more than a third and the heavier chain.
     *
     * @param chosen what the peer knew when it chose to go there
     */
    void chainLeft(SimulatedPeer peer, Standpoint chosen, EpochRecord head) {
        chosen.objectionTo(head, weights).ifPresent(objection -> {
            throw new ViolationException(
                    "the heavier chain is followed",
                    peer + " has left its chain for that of " + head + ", which " + objection,
                    List.of(peer));
        });
    }

    /**
     * Nobody who was banned takes part in a round that began when the order had had time to reach everybody.
     *
     * @param healed when the last cut of the network has ended, through which no order came
     */
    void nobodyBanned(EpochRecord record, List<SimulatedPeer> peers, Instant healed) {
        for (SimulatedPeer peer : peers) {
            Instant bannedAt = peer.bannedAt;
            if (bannedAt != null
                    && record.startedAt().isAfter(bannedAt.plus(ORDER_SPREADS))
                    && record.startedAt().isAfter(healed.plus(ORDER_SPREADS))
                    && record.members().stream().anyMatch(m -> m.peer().equals(peer.identity.id()) && m.samples() > 0)
                    && record.members().size() > 1) {
                throw new ViolationException(
                        "the banned take no part",
                        peer + " was banned at " + bannedAt + " and is a member of " + record + ", begun at "
                                + record.startedAt(),
                        List.of(peer));
            }
        }
    }

    /** A final record has the signatures that it needs; checked here once, without the code under test. */
    void recordBecameFinal(SimulatedPeer peer, EpochRecord record, Optional<EpochRecordMessage> shown) {
        if (!proven.add(record.id())) {
            return;
        }
        Set<Integer> signers = new HashSet<>();
        for (RecordSignature signature :
                shown.map(EpochRecordMessage::getSignaturesList).orElse(List.of())) {
            int member = signature.getMember();
            if (Ed25519.verify(
                    record.members().get(member).publicKey().toByteArray(),
                    record.signedBytes(),
                    signature.getSignature().toByteArray())) {
                signers.add(member);
            }
        }
        int needed = averaging.quorum(record.members().size());
        if (signers.size() < needed) {
            throw new ViolationException(
                    "a record has its signatures",
                    peer + " takes " + record + " of " + run + " for final with " + signers.size()
                            + " valid signatures of the " + needed + " that it needs",
                    List.of(peer));
        }
    }

    /**
     * What others have gone on from has become final with somebody, if its round began when nothing went wrong any more. Before, its
     * members may have died between their votes and their signatures, and nobody can sign for them.
     *
     * @param unsigned records of the main chain that are final with nobody
     * @param calm since when nothing goes wrong
     * @param now by a clock that is right
     */
    void signedInTheEnd(List<EpochRecord> unsigned, Instant calm, Instant now) {
        for (EpochRecord record : unsigned) {
            if (record.startedAt().isAfter(calm.plus(RECORD_SIGNED))
                    && record.startedAt().isBefore(now.minus(RECORD_SIGNED))) {
                throw new ViolationException(
                        "a record has its signatures",
                        "Others have gone on from " + record + ", begun at " + record.startedAt()
                                + ", and it is final with nobody",
                        List.of());
            }
        }
    }

    /** Memory and queues are bounded. */
    void bounded(SimulatedPeer peer, SimulatedPeer.Life life, int peers) {
        if (life.scheduler.pending() > SPARE + TIMERS_PER_PEER * peers) {
            throw new ViolationException(
                    "bounded queues",
                    peer + " has " + life.scheduler.pending() + " timers pending in a swarm of " + peers,
                    List.of(peer));
        }
        if (life.host.pending() > SPARE + CALLS_PER_PEER * peers) {
            throw new ViolationException(
                    "bounded queues",
                    peer + " has " + life.host.pending() + " calls to answer in a swarm of " + peers,
                    List.of(peer));
        }
    }

    /**
     * No table or queue in a peer's program outgrows what the number of peers and the limits of the protocol say.
     *
     * @param sizes entries by table
     * @param identities peers that there have ever been
     * @param parts of a gradient
     */
    void tablesBounded(SimulatedPeer peer, Map<String, Long> sizes, int identities, int parts) {
        sizes.forEach((table, entries) -> {
            long limit = limitOf(table, identities, parts);
            if (entries > limit) {
                throw new ViolationException(
                        "bounded tables",
                        peer + " has " + entries + " entries in " + table + ", where " + identities
                                + " peers that there have been account for no more than " + limit,
                        List.of(peer));
            }
        });
    }

    private static long limitOf(String table, int identities, int parts) {
        long byPeers = SPARE + (long) ENTRIES_PER_PEER * identities;
        if (table.equals("ledger.Ledger$Entry.signatures")) {
            return (long) Ledger.MAX_RECORDS * identities;
        } else if (table.startsWith("ledger.")) {
            // some are found by more than one key
            return byPeers + 2 * Ledger.MAX_RECORDS;
        }
        return table.startsWith("averaging.") ? byPeers * parts : byPeers;
    }

    /**
     * Samples are used once: on one chain nobody is credited with more than it computed, less what it still has and what it
     * says is lost.
     */
    void usedOnce(SimulatedPeer peer, long credited, long computed, long pending, long lost) {
        if (credited > computed - pending - lost) {
            throw new ViolationException(
                    "samples are used once",
                    peer + " computed " + computed + " samples, of which " + pending + " wait and " + lost
                            + " are lost, and is credited with " + credited,
                    List.of(peer));
        }
    }

    /**
     * Samples that are neither used nor waiting nor lost with a cause were in a round that was under way when the peer stopped, or the
     * simulation ended.
     *
     * @param rest of which nothing is known
     * @param handedOut in the latest round of each of the peer's lives
     */
    void accountedFor(SimulatedPeer peer, long rest, long handedOut) {
        if (rest > handedOut) {
            throw new ViolationException(
                    "samples are accounted for",
                    "Of " + rest + " samples of " + peer + " nobody knows what became of them, and no more than "
                            + handedOut + " can have been under way when it stopped",
                    List.of(peer));
        }
    }

    /**
     * After the last fault everybody reaches one state within a stated time, and again and again from then on.
     *
     * @param since the last fault, or the last moment of agreement
     */
    void agreed(Map<Digest, List<SimulatedPeer>> byHead, Duration since) {
        StringBuilder where = new StringBuilder();
        byHead.forEach((head, peers) -> where.append(where.isEmpty() ? "" : "; ")
                .append(peers.size() > 8 ? peers.size() + " peers" : peers.toString())
                .append(" at ")
                .append(peers.get(0)
                        .status()
                        .flatMap(NodeStatus::state)
                        .map(s -> "epoch " + s.epoch())
                        .orElse("no epoch"))
                .append(" (")
                .append(head.abbreviated())
                .append("): ")
                .append(peers.get(0).status().map(NodeStatus::explanation).orElse("")));
        throw new ViolationException(
                "everybody agrees in the end",
                since.toSeconds() + " s after the last fault or agreement: " + where,
                byHead.values().stream().map(peers -> peers.get(0)).limit(4).toList());
    }
}
