package org.starling.swarm.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.run.AveragingSettings;

/**
 * Which of two chains is the heavier, as decision 15 says it and without the code under test: plain and slow, one record and one
 * account after the other.
 */
final class Weights {
    private static final int RECORDS_BEFORE = 32;
    private static final double ROUNDING = 1e-9;
    private static final double LONGEST_SECONDS = Duration.ofMinutes(10).toSeconds();

    private final AveragingSettings averaging;
    private final long targetBatchSize;

    Weights(AveragingSettings averaging, long targetBatchSize) {
        this.averaging = averaging;
        this.targetBatchSize = targetBatchSize;
    }

    /** What two chains have in common, the newest last, and what each has besides, its newest record last. */
    record Parting(List<EpochRecord> before, List<EpochRecord> first, List<EpochRecord> second, boolean connected) {
        /** @param known records by their id */
        static Parting of(Map<Digest, EpochRecord> known, EpochRecord first, EpochRecord second) {
            List<EpochRecord> one = chain(known, first);
            List<EpochRecord> other = chain(known, second);
            Digest oneRoot = one.get(0).parent();
            Digest otherRoot = other.get(0).parent();
            for (int at = one.size() - 1; at >= 0; at--) {
                int there = other.indexOf(one.get(at));
                if (there >= 0) {
                    return new Parting(
                            one.subList(0, at + 1),
                            one.subList(at + 1, one.size()),
                            other.subList(there + 1, other.size()),
                            true);
                }
            }
            return new Parting(List.of(), one, other, oneRoot.equals(otherRoot));
        }

        private static List<EpochRecord> chain(Map<Digest, EpochRecord> known, EpochRecord head) {
            Deque<EpochRecord> chain = new ArrayDeque<>();
            for (EpochRecord at = head; at != null; at = known.get(at.parent())) {
                chain.addFirst(at);
            }
            return new ArrayList<>(chain);
        }
    }

    /** Whether the first of two chains that have parted is the lighter; of two that are as heavy none is. */
    boolean isFirstLighter(Parting parting) {
        List<EpochRecord> before = parting.before();
        Map<String, Double> speeds = new TreeMap<>();
        addSpeeds(before.subList(Math.max(0, before.size() - RECORDS_BEFORE), before.size()), speeds);
        if (speeds.isEmpty()) {
            for (List<EpochRecord> branch : List.of(parting.first(), parting.second())) {
                addSpeeds(branch.subList(0, Math.min(RECORDS_BEFORE, branch.size())), speeds);
            }
        }
        Instant since = before.isEmpty() ? null : before.get(before.size() - 1).startedAt();
        return weight(since, parting.first(), speeds) < (1 - ROUNDING) * weight(since, parting.second(), speeds);
    }

    /** Adds samples a second, by account, of a chain; of an account that is there already the greater speed stays. */
    private static void addSpeeds(List<EpochRecord> chain, Map<String, Double> speeds) {
        Map<String, Long> samples = new HashMap<>();
        double seconds = 0;
        for (int i = 1; i < chain.size(); i++) {
            seconds += seconds(chain.get(0).startedAt(), chain.subList(0, i), chain.get(i));
            for (EpochRecord.Member member : chain.get(i).members()) {
                samples.merge(member.accountId(), member.samples(), Long::sum);
            }
        }
        for (String account : samples.keySet()) {
            double speed = samples.get(account) / seconds;
            if (seconds > 0 && speed > 0) {
                speeds.merge(account, speed, Math::max);
            }
        }
    }

    /** For how long a record tells of: from the latest time that one before it has named, and ten minutes at most. */
    private static double seconds(Instant since, List<EpochRecord> before, EpochRecord record) {
        Instant latest = since;
        for (EpochRecord earlier : before) {
            latest = earlier.startedAt().isAfter(latest) ? earlier.startedAt() : latest;
        }
        double elapsed = Duration.between(latest, record.startedAt()).toMillis() / 1e3;
        return Math.max(0, Math.min(LONGEST_SECONDS, elapsed));
    }

    private double weight(@Nullable Instant since, List<EpochRecord> branch, Map<String, Double> speeds) {
        double weight = 0;
        for (int i = 0; i < branch.size(); i++) {
            EpochRecord record = branch.get(i);
            if (since == null && i == 0) {
                // nothing says for how long it was computed: two batches at most, by all of its accounts alike
                double share = 2.0 * targetBatchSize / membersByAccount(record).size();
                weight += weight(record, 1, account -> share);
            } else {
                Instant from = since == null ? branch.get(0).startedAt() : since;
                weight += weight(
                        record, seconds(from, branch.subList(0, i), record), account -> believed(account, speeds));
            }
        }
        return weight;
    }

    /** Samples a second of an account: twice what it did, but one typical account at least and four at most. */
    private static double believed(String account, Map<String, Double> speeds) {
        if (speeds.isEmpty()) {
            return 0;
        }
        List<Double> sorted = speeds.values().stream().sorted().toList();
        double typical = sorted.get((sorted.size() - 1) / 2);
        double own = 2 * speeds.getOrDefault(account, 0.0);
        return Math.min(4 * typical, Math.max(typical, own));
    }

    private interface Speed {
        double of(String account);
    }

    private static Map<String, List<EpochRecord.Member>> membersByAccount(EpochRecord record) {
        Map<String, List<EpochRecord.Member>> members = new TreeMap<>();
        record.members()
                .forEach(m -> members.computeIfAbsent(m.accountId(), id -> new ArrayList<>())
                        .add(m));
        return members;
    }

    private record Credit(double samples, int peers) {}

    /** Without the greatest accounts of which nobody need have signed, and four batches at most. */
    private double weight(EpochRecord record, double seconds, Speed speed) {
        List<Credit> greatestFirst = new ArrayList<>();
        membersByAccount(record).forEach((account, peers) -> {
            double samples =
                    peers.stream().mapToDouble(EpochRecord.Member::samples).sum();
            greatestFirst.add(new Credit(Math.min(speed.of(account) * seconds, samples), peers.size()));
        });
        greatestFirst.sort(Comparator.comparingDouble(Credit::samples).reversed());
        int unsigned =
                record.members().size() - averaging.quorum(record.members().size());
        double sum = 0;
        for (Credit credit : greatestFirst) {
            if (credit.peers() <= unsigned) {
                unsigned -= credit.peers();
            } else {
                sum += credit.samples();
            }
        }
        return Math.min(sum, 4.0 * targetBatchSize);
    }
}
