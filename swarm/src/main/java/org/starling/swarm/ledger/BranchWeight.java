package org.starling.swarm.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.run.SampleLimits;

/**
 * What a branch adds to the chain that it leaves: the samples of its records as far as they are plausible, in samples. The
 * yardstick is what accounts did <em>before</em> the branches part, so that nobody can inflate it within its own branch. All
 * peers of an account count together, and one account for no more than a few typical ones. Pure functions.
 */
final class BranchWeight {
    /** Records before the fork from which speeds are taken. */
    static final int WINDOW = 32;

    /** A record counts for no more time than this. */
    private static final Duration MAX_ELAPSED = SampleLimits.LONGEST_EPOCH;

    /** An epoch's samples vary about the mean of many epochs. */
    private static final double VARIATION = 2;

    private static final double MAX_TYPICAL_ACCOUNTS = 4;
    private static final long MAX_TARGETS = 4;
    private static final long FIRST_TARGETS = 2;

    private final IntUnaryOperator quorum;
    private final LongSupplier targetBatchSize;

    /**
     * @param quorum members of a group to signatures that its record needs
     * @param targetBatchSize samples of an epoch
     */
    BranchWeight(IntUnaryOperator quorum, LongSupplier targetBatchSize) {
        this.quorum = quorum;
        this.targetBatchSize = targetBatchSize;
    }

    /** Samples a second, by account id, and of the typical account; 0 if there is nothing to tell from. */
    record Speeds(Map<String, Double> byAccount, double typical) {
        /** Samples a second with which an account may be credited. */
        double plausible(String account) {
            double own = VARIATION * byAccount.getOrDefault(account, 0.0);
            return Math.min(Math.max(own, typical), MAX_TYPICAL_ACCOUNTS * typical);
        }
    }

    /**
     * Compares two branches that part after the given chain.
     *
     * @param before what both have in common, oldest first, the newest {@link #WINDOW} of it; empty if they part at a root
     * @param a oldest first
     */
    int compare(List<EpochRecord> before, List<EpochRecord> a, List<EpochRecord> b) {
        Speeds speeds = speeds(List.of(before));
        if (speeds.typical() == 0) {
            speeds =
                    speeds(List.of(a.subList(0, Math.min(WINDOW, a.size())), b.subList(0, Math.min(WINDOW, b.size()))));
        }
        Instant since = before.isEmpty() ? null : before.get(before.size() - 1).startedAt();
        int byWeight = Double.compare(weigh(since, a, speeds), weigh(since, b, speeds));
        return byWeight != 0
                ? byWeight
                : a.get(a.size() - 1).id().compareTo(b.get(b.size() - 1).id());
    }

    /** What accounts did in some chains, each oldest first. */
    static Speeds speeds(List<List<EpochRecord>> chains) {
        Map<String, Double> byAccount = new LinkedHashMap<>();
        for (List<EpochRecord> chain : chains) {
            if (chain.isEmpty()) {
                continue;
            }
            Map<String, Long> samples = new LinkedHashMap<>();
            Timeline timeline = new Timeline(chain.get(0).startedAt());
            double seconds = 0;
            for (EpochRecord record : chain.subList(1, chain.size())) {
                seconds += timeline.secondsUntil(record.startedAt());
                record.members().forEach(m -> samples.merge(m.accountId(), m.samples(), BranchWeight::sum));
            }
            for (Map.Entry<String, Long> account : samples.entrySet()) {
                if (seconds > 0 && account.getValue() > 0) {
                    byAccount.merge(account.getKey(), account.getValue() / seconds, Math::max);
                }
            }
        }
        List<Double> sorted = byAccount.values().stream().sorted().toList();
        // the lower median: of two accounts the slower one is typical
        return new Speeds(byAccount, sorted.isEmpty() ? 0 : sorted.get((sorted.size() - 1) / 2));
    }

    /**
     * The plausible samples of a branch.
     *
     * @param since when the record before the branch started; null if that is not known
     * @param branch oldest first
     */
    double weigh(@Nullable Instant since, List<EpochRecord> branch, Speeds speeds) {
        double weight = 0;
        Timeline timeline = since == null ? null : new Timeline(since);
        for (EpochRecord record : branch) {
            if (timeline == null) {
                timeline = new Timeline(record.startedAt());
                long accounts = record.members().stream()
                        .map(EpochRecord.Member::accountId)
                        .distinct()
                        .count();
                weight += weigh(record, account -> FIRST_TARGETS * targetBatchSize.getAsLong() / (double) accounts);
            } else {
                double seconds = timeline.secondsUntil(record.startedAt());
                weight += weigh(record, account -> speeds.plausible(account) * seconds);
            }
        }
        return weight;
    }

    private interface Limit {
        double of(String account);
    }

    private static final class Credit {
        long samples;
        int members;
        double plausible;
    }

    private double weigh(EpochRecord record, Limit limit) {
        Map<String, Credit> accounts = new LinkedHashMap<>();
        for (EpochRecord.Member member : record.members()) {
            Credit credit = accounts.computeIfAbsent(member.accountId(), id -> new Credit());
            credit.samples = sum(credit.samples, member.samples());
            credit.members++;
        }
        double total = 0;
        for (Map.Entry<String, Credit> entry : accounts.entrySet()) {
            Credit credit = entry.getValue();
            credit.plausible = Math.min(credit.samples, limit.of(entry.getKey()));
            total += credit.plausible;
        }
        return Math.min(total - unvouched(record, accounts), (double) MAX_TARGETS * targetBatchSize.getAsLong());
    }

    /** What may be credited to accounts of which no member has signed: a record is final without some of them. */
    private double unvouched(EpochRecord record, Map<String, Credit> accounts) {
        int mayBeMissing =
                record.members().size() - quorum.applyAsInt(record.members().size());
        List<Credit> greatestFirst = new ArrayList<>(accounts.values());
        greatestFirst.sort(Comparator.comparingDouble((Credit credit) -> -credit.plausible));
        double unvouched = 0;
        for (Credit credit : greatestFirst) {
            if (credit.members <= mayBeMissing) {
                mayBeMissing -= credit.members;
                unvouched += credit.plausible;
            }
        }
        return unvouched;
    }

    /** At least how many accounts have vouched for a record. */
    int accounts(EpochRecord record) {
        int mayBeMissing =
                record.members().size() - quorum.applyAsInt(record.members().size());
        long accounts = record.members().stream()
                .map(EpochRecord.Member::accountId)
                .distinct()
                .count();
        return (int) Math.max(1, accounts - mayBeMissing);
    }

    private static long sum(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    /** Time as records tell it: it never goes back, so that no moment counts twice. */
    private static final class Timeline {
        private Instant latest;

        Timeline(Instant start) {
            latest = start;
        }

        double secondsUntil(Instant next) {
            if (!next.isAfter(latest)) {
                return 0;
            }
            Duration elapsed = Duration.between(latest, next);
            latest = next;
            return (elapsed.compareTo(MAX_ELAPSED) > 0 ? MAX_ELAPSED : elapsed).toMillis() / 1e3;
        }
    }
}
