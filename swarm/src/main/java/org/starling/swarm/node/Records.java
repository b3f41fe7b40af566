package org.starling.swarm.node;

import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.membership.Standing;
import org.starling.swarm.wire.proto.EpochRecordMessage;

/** Takes in epoch records, and learns from them where their members stand. Confined to the protocol thread. */
final class Records {
    /** Of a chain that is followed: those who were in none of so many epochs have spoken since. */
    private static final int MAX_FOLLOWED = 64;

    private final PeerContext peer;
    private final Ledger ledger;
    private final Gossip gossip;
    private final LongSupplier generation;
    private final Predicate<EpochRecord> worthPassingOn;
    private final Consumer<EpochRecord> onFinal;
    private Digest groupHead = Digest.ZERO;
    private long groupStartedNanos;

    /**
     * @param generation that has been ordered
     * @param worthPassingOn whether to push a record that has come from elsewhere
     * @param onFinal told of a record that has become final, before the listeners are
     */
    Records(
            PeerContext peer,
            Ledger ledger,
            Gossip gossip,
            LongSupplier generation,
            Predicate<EpochRecord> worthPassingOn,
            Consumer<EpochRecord> onFinal) {
        this.peer = peer;
        this.ledger = ledger;
        this.gossip = gossip;
        this.generation = generation;
        this.worthPassingOn = worthPassingOn;
        this.onFinal = onFinal;
    }

    /**
     * Takes in a record with some signatures. Whether it has become final.
     *
     * @throws IllegalArgumentException if it is malformed
     */
    boolean accept(EpochRecordMessage message) {
        if (ledger.accept(message) != Ledger.Acceptance.BECAME_FINAL) {
            return false;
        }
        EpochRecord record = ledger.find(EpochRecord.idOf(message.getBody())).orElseThrow();
        // a quorum can name others as members who have never been there
        Set<PeerId> signers = ledger.signersOf(record.id());
        moveMembers(record, member -> member.samples() > 0 && signers.contains(member.peer()));
        onFinal.accept(record);
        peer.listeners().forEach(listener -> listener.recordBecameFinal(record));
        return true;
    }

    /**
     * Takes in a record that has not come by gossip, and announces it if it has become final.
     *
     * @param own whether this peer answers for it; another's must be worth everybody's while, else one liar could keep all busy
     * @throws IllegalArgumentException if it is malformed
     */
    void acceptSigned(EpochRecordMessage message, boolean own) {
        Digest id = EpochRecord.idOf(message.getBody());
        if (accept(message) && (own || ledger.find(id).filter(worthPassingOn).isPresent())) {
            ledger.message(id, false).ifPresent(gossip::announce);
        }
    }

    /** A round has begun here, after the record with this id. */
    void roundBegins(Digest head) {
        groupHead = head;
        groupStartedNanos = peer.scheduler().nanoTime();
    }

    /** This peer goes along with a chain: where its records say that their members stand, there they do. */
    void follow(EpochRecord head) {
        for (EpochRecord record : ledger.chainFrom(head.id(), MAX_FOLLOWED)) {
            moveMembers(record, member -> member.samples() > 0);
        }
    }

    /**
     * Learns from a record where some of its members stand, if it is of the generation that has been ordered.
     *
     * @param record final, or of a round in which this peer itself has just stepped
     * @param alive of whom it is learned; those whose gradient the record has not are perhaps gone
     */
    void moveMembers(EpochRecord record, Predicate<EpochRecord.Member> alive) {
        if (record.generation() != generation.getAsLong()) {
            return;
        }
        long now = peer.scheduler().nanoTime();
        long age =
                Duration.between(record.startedAt(), peer.scheduler().instant()).toNanos();
        // members of one round have begun to accumulate for the next when this peer has; others' clocks are trusted
        // little
        long since = record.parent().equals(groupHead)
                ? groupStartedNanos
                : now
                        - Math.max(
                                0,
                                Math.min(
                                        age,
                                        peer.run().averaging().roundTimeout().toNanos()));
        Standing standing = new Standing(
                record.generation(), record.epoch(), record.stateAfter().toByteString(), since);
        for (EpochRecord.Member member : record.members()) {
            if (alive.test(member)) {
                gossip.directory().stands(member.peer(), standing);
            }
        }
    }
}
