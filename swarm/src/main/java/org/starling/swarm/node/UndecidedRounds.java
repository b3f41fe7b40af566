package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import java.util.HashSet;
import java.util.Set;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;

/**
 * Rounds that ended here without a result while the others may have committed them, with a gradient that is still
 * accumulated here. Confined to the protocol thread.
 */
final class UndecidedRounds {
    private final Ledger ledger;
    private final PeerId self;
    private final Set<ByteString> groups = new HashSet<>();

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
    }

    /** Samples that are accumulated here although they were averaged on the way to the target, unknown to this peer. */
    long spentSamples(Position target) {
        if (groups.isEmpty()) {
            return 0;
        }
        return ledger.chainFrom(target.head(), Integer.MAX_VALUE).stream()
                .filter(record -> groups.contains(record.groupId()))
                .flatMap(record -> record.members().stream())
                .filter(member -> member.peer().equals(self))
                .mapToLong(EpochRecord.Member::samples)
                .sum();
    }
}
