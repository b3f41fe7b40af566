package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.virtual.Links;

/**
 * Who takes part in a simulated run, over which links, and what goes wrong when. Nothing here depends on the seed; what is
 * left to chance is given as a range or a probability and drawn when the simulation begins.
 *
 * @param title for people
 * @param run what the run's author decides
 * @param network links between regions
 * @param groups the kinds of peers
 * @param faults what goes wrong, besides the churn of the groups
 * @param calm after this long nothing goes wrong any more: churn ends, links heal, and the invariants of liveness hold
 *     from then on; zero for never
 */
public record Scenario(
        String title, Run run, Links network, List<PeerGroup> groups, List<Fault> faults, Duration calm) {
    /** The same with a run of another configuration. */
    public Scenario with(Run other) {
        return new Scenario(title, other, network, groups, faults, calm);
    }

    /**
     * @param maxSamplesPerSecond of one peer; 0 for the default of a run
     * @param elements length of the toy model's gradient
     * @param keepEvery epochs between two states that keepers keep; they survive the loss of every trainer
     * @param tokenLifetime of access tokens; peers renew at half of it
     */
    public record Run(
            long targetBatchSize,
            double maxSamplesPerSecond,
            int elements,
            AveragingSettings averaging,
            MembershipSettings membership,
            int keepEvery,
            Duration tokenLifetime) {
        /** The same with another batch. */
        public Run withTargetBatchSize(long samples) {
            return new Run(samples, maxSamplesPerSecond, elements, averaging, membership, keepEvery, tokenLifetime);
        }
    }

    /** An even distribution. */
    public record Range(double min, double max) {
        public static Range of(double value) {
            return new Range(value, value);
        }
    }

    /**
     * Peers of one kind.
     *
     * @param share of the run's peers; the shares of all groups are scaled to their sum
     * @param role what they do
     * @param speed samples a second of a trainer
     * @param upload bytes a second
     * @param download bytes a second
     * @param reachable probability that others can dial the peer
     * @param slowness how many times longer than the reference the peer takes to compute
     * @param clockOffset seconds by which its wall clock is wrong
     * @param joins seconds after the start at which the peer first comes
     * @param churn how it comes and goes; null for one that stays
     * @param lie what a liar says; null for an honest peer
     */
    public record PeerGroup(
            String name,
            double share,
            Role role,
            String region,
            Range speed,
            Range upload,
            Range download,
            double reachable,
            Range slowness,
            Range clockOffset,
            Range joins,
            @Nullable Churn churn,
            @Nullable Lie lie) {}

    public enum Role {
        TRAINER,
        /** Follows the run, keeps every n-th state on its disk, and serves it when all others have gone. */
        KEEPER,
        /** Known to all newcomers; trains nothing. */
        ENTRY_POINT
    }

    /**
     * How peers come and go; times are exponentially distributed.
     *
     * @param online mean time that a peer stays
     * @param offline mean time that it is away; zero for peers that do not come back
     * @param crash probability that it goes without a word, as by a power failure
     * @param kill probability that it is killed: its connections are reset
     * @param loseDisk probability that it comes back with a new identity
     */
    public record Churn(Duration online, Duration offline, double crash, double kill, double loseDisk) {}

    /** What a liar does besides taking part. */
    public enum Lie {
        /** Says that it is epochs ahead, or has a state that nobody has. */
        EPOCH,
        /** Claims a million times the samples that it computed. */
        WEIGHT,
        /** Claims as many samples as the run believes. */
        LIMIT,
        /** Votes for another digest than that of its average. */
        DIGEST,
        /** Sends parts that are cut short, not finite, or for another group. */
        PARTS,
        /** As a reducer answers every member something else. */
        REDUCE,
        /** The same as a root: answers every subgroup something else. */
        ROOT,
        /** Sends old records and other peers' old news again. */
        REPLAY,
        /** Makes up records of epochs, with itself as the only member. */
        FORGE
    }

    /** Something that goes wrong for a while. */
    public sealed interface Fault {
        Duration at();

        /** How long; zero for something that happens once. */
        Duration length();

        /** Calls from peers of one region to those of another fail; calls that are under way are lost. */
        record Cut(Duration at, Duration length, String from, String to, boolean bothWays) implements Fault {}

        /** Peers of a group vanish without a word, and come back when it is over. */
        record Outage(Duration at, Duration length, String group, double share) implements Fault {}

        /** No tokens are to be had, new or renewed. */
        record AuthAway(Duration at, Duration length) implements Fault {}

        /** More calls are lost and broken than usual. */
        record BadLinks(Duration at, Duration length, double loss, double reset) implements Fault {}

        /**
         * Some peers of a group are busy: they refuse whatever comes while as many calls wait for an answer.
         *
         * @param calls that such a peer takes at once; 0 for none
         */
        record FullQueues(Duration at, Duration length, String group, double share, int calls) implements Fault {}

        /** The wall clocks of some peers of a group jump by so many seconds. */
        record ClockJump(Duration at, String group, double share, Range seconds) implements Fault {
            @Override
            public Duration length() {
                return Duration.ZERO;
            }
        }

        /** The operator takes the swarm back to the newest state that a keeper has kept. */
        record Rollback(Duration at) implements Fault {
            @Override
            public Duration length() {
                return Duration.ZERO;
            }
        }

        /** The operator bans the accounts of some peers of a group. */
        record Ban(Duration at, String group, double share) implements Fault {
            @Override
            public Duration length() {
                return Duration.ZERO;
            }
        }
    }
}
