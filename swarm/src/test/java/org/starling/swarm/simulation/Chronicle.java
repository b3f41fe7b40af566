package org.starling.swarm.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;

/**
 * Every record that became final anywhere among the honest, and those that led to one: what an observer knows who sees all.
 */
final class Chronicle {
    private final Map<Digest, EpochRecord> records = new LinkedHashMap<>();
    /** Those that are final with somebody. */
    private final Set<Digest> signed = new HashSet<>();

    private final Map<Digest, Digest> states = new HashMap<>();
    private @Nullable EpochRecord main;

    /** Takes in a record that is final with somebody. Whether that is new. */
    boolean add(EpochRecord record) {
        records.putIfAbsent(record.id(), record);
        return signed.add(record.id());
    }

    /** Takes in a record that others have gone on from, final or not. */
    void addFollowed(EpochRecord record) {
        records.putIfAbsent(record.id(), record);
    }

    /** Records of the main chain before its head that are final with nobody. */
    List<EpochRecord> unsigned() {
        return heaviestChain().stream()
                .skip(1)
                .filter(record -> !signed.contains(record.id()))
                .toList();
    }

    Optional<EpochRecord> find(Digest record) {
        return Optional.ofNullable(records.get(record));
    }

    /** The state in which somebody stands who has followed the records to this one; what is said first. */
    Digest stateAt(Digest head, Digest state) {
        Digest earlier = states.putIfAbsent(head, state);
        return earlier == null ? state : earlier;
    }

    /**
     * Looks at where honest trainers stand. The main chain is from then on the one with the most of them in the newest
     * generation; its head is the newest record on it where one stands.
     *
     * @param byHead number of trainers by the record to which their states led
     */
    void look(Map<Digest, Integer> byHead) {
        long generation = byHead.keySet().stream()
                .map(records::get)
                .filter(Objects::nonNull)
                .mapToLong(EpochRecord::generation)
                .max()
                .orElse(0);
        int most = 0;
        EpochRecord best = null;
        for (Digest head : byHead.keySet()) {
            EpochRecord record = records.get(head);
            if (record == null || record.generation() != generation) {
                continue;
            }
            int standing = 0;
            for (Map.Entry<Digest, Integer> other : byHead.entrySet()) {
                standing += leadsTo(other.getKey(), record) ? other.getValue() : 0;
            }
            if (best == null || standing > most || standing == most && record.totalSamples() > best.totalSamples()) {
                most = standing;
                best = record;
            }
        }
        main = best == null ? main : best;
    }

    /** Whether a record is the other one or an ancestor of it. */
    boolean leadsTo(Digest earlier, EpochRecord later) {
        EpochRecord from = records.get(earlier);
        EpochRecord at = later;
        while (from != null && at != null && at.epoch() > from.epoch()) {
            at = records.get(at.parent());
        }
        return from != null && at != null && at.id().equals(earlier);
    }

    /** The head of the main chain. */
    Optional<EpochRecord> heaviest() {
        return Optional.ofNullable(main);
    }

    /** From the heaviest record back to the first epoch, through rollbacks; newest first. */
    List<EpochRecord> heaviestChain() {
        List<EpochRecord> chain = new ArrayList<>();
        Optional<EpochRecord> next = heaviest();
        while (next.isPresent()) {
            chain.add(next.get());
            next = before(next.get());
        }
        return chain;
    }

    /** The parent, or where the swarm was taken back to. */
    private Optional<EpochRecord> before(EpochRecord record) {
        EpochRecord parent = records.get(record.parent());
        return parent != null
                ? Optional.of(parent)
                : records.values().stream()
                        .filter(r -> r.generation() < record.generation()
                                && r.stateAfter().equals(record.stateBefore()))
                        .findFirst();
    }

    /** Whether one of the two records led to the other; unknown ones count as leading anywhere. */
    boolean areOnOneChain(Digest a, Digest b) {
        EpochRecord first = records.get(a);
        EpochRecord second = records.get(b);
        if (first == null || second == null || first.generation() != second.generation()) {
            return true;
        }
        EpochRecord later = first.epoch() >= second.epoch() ? first : second;
        EpochRecord earlier = later == first ? second : first;
        while (later != null && later.epoch() > earlier.epoch()) {
            later = records.get(later.parent());
        }
        return later == null || later.id().equals(earlier.id());
    }

    private Set<Digest> heaviestIds() {
        return heaviestChain().stream().map(EpochRecord::id).collect(Collectors.toSet());
    }

    /** Samples credited to each peer, on the heaviest chain or off it. */
    Map<PeerId, long[]> credits() {
        Map<PeerId, long[]> credits = new HashMap<>();
        Set<Digest> onChain = heaviestIds();
        for (EpochRecord record : records.values()) {
            int where = onChain.contains(record.id()) ? 0 : 1;
            record.members().forEach(m -> credits.computeIfAbsent(m.peer(), p -> new long[2])[where] += m.samples());
        }
        return credits;
    }

    long samplesOff(Digest head) {
        Set<Digest> onChain = heaviestIds();
        long samples = 0;
        EpochRecord record = records.get(head);
        while (record != null && !onChain.contains(record.id())) {
            samples += record.samples();
            record = records.get(record.parent());
        }
        return samples;
    }
}
