package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.runtime.BoundedMaps;

/**
 * Rounds that ended here without a result while the others may have committed them, with a gradient that is still
 * accumulated here, or has been lost since. On which chain they were committed shows only where this peer goes, and it may go
 * from one chain to another: a round that is not on the first may be on the second. The newest are remembered. Confined to the
 * protocol thread.
 */
final class UndecidedRounds {
    /** A swarm in which every round fails makes one every few seconds. */
    private static final int MAX_ROUNDS = 256;

    private final Ledger ledger;
    private final PeerId self;
    private final Set<Attempt> held = Collections.newSetFromMap(BoundedMaps.ofNewest(MAX_ROUNDS));
    private final Set<Attempt> lost = Collections.newSetFromMap(BoundedMaps.ofNewest(MAX_ROUNDS));

    /**
     * A round as its record names it. The chair chooses the group's id, and may choose one that there has been.
     *
     * @param head on which the round built
     */
    private record Attempt(ByteString group, Digest head) {
        static Attempt of(EpochRecord record) {
            return new Attempt(record.groupId(), record.parent());
        }
    }

    UndecidedRounds(Ledger ledger, PeerId self) {
        this.ledger = ledger;
        this.self = self;
    }

    boolean isEmpty() {
        return held.isEmpty() && lost.isEmpty();
    }

    void add(ByteString group, Digest head) {
        held.add(new Attempt(group, head));
    }

    /** What is accumulated now has been in no round. */
    void clear() {
        held.clear();
    }

    /** The same; what was accumulated counts as lost. */
    void lose() {
        lost.addAll(held);
        held.clear();
    }

    /** Samples that are accumulated here although they were averaged on the way to the target, unknown to this peer. */
    long spentSamples(Position target) {
        return records(held, target).mapToLong(this::ownSamples).sum();
    }

    /** Samples that count as lost although they were averaged on the way to the target; from now on they do not. */
    long recoverSamples(Position target) {
        List<EpochRecord> found = records(lost, target).toList();
        found.forEach(record -> lost.remove(Attempt.of(record)));
        return found.stream().mapToLong(this::ownSamples).sum();
    }

    private Stream<EpochRecord> records(Set<Attempt> rounds, Position target) {
        return rounds.isEmpty()
                ? Stream.empty()
                : ledger.chainFrom(target.head(), Integer.MAX_VALUE).stream()
                        .filter(record -> rounds.contains(Attempt.of(record)));
    }

    private long ownSamples(EpochRecord record) {
        return record.members().stream()
                .filter(member -> member.peer().equals(self))
                .mapToLong(EpochRecord.Member::samples)
                .sum();
    }
}
