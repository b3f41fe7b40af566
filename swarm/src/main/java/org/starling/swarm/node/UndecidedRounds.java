package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import java.util.HashSet;
import java.util.Set;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;

/**
 * Rounds that ended here without a result while the others may have committed them, with a gradient that is still
 * accumulated here, or has been lost since. Confined to the protocol thread.
 */
final class UndecidedRounds {
    private final Ledger ledger;
    private final PeerId self;
    private final Set<ByteString> groups = new HashSet<>();
    private final Set<ByteString> lost = new HashSet<>();

    UndecidedRounds(Ledger ledger, PeerId self) {
        this.ledger = ledger;
        this.self = self;
    }

    void add(ByteString group) {
        groups.add(group);
    }

    /** What is accumulated now has been in no round. */
    void clear() {
        groups.clear();
        lost.clear();
    }

    /** The same; what was accumulated counts as lost. */
    void lose() {
        lost.clear();
        lost.addAll(groups);
        groups.clear();
    }

    /** Samples that are accumulated here although they were averaged on the way to the target, unknown to this peer. */
    long spentSamples(Position target) {
        return samplesOf(groups, target);
    }

    /** Samples that count as lost although they were averaged on the way to the target. */
    long recoveredSamples(Position target) {
        return samplesOf(lost, target);
    }

    private long samplesOf(Set<ByteString> rounds, Position target) {
        if (rounds.isEmpty()) {
            return 0;
        }
        return ledger.chainFrom(target.head(), Integer.MAX_VALUE).stream()
                .filter(record -> rounds.contains(record.groupId()))
                .flatMap(record -> record.members().stream())
                .filter(member -> member.peer().equals(self))
                .mapToLong(EpochRecord.Member::samples)
                .sum();
    }
}
