package org.starling.swarm.simulation;

import java.time.Duration;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;

/** How long anything may be waited for: what the deadlines of the protocol add up to at worst, in a run of a simulation. */
final class WaitLimits {
    /** Deadlines that adapt grow to three times what is usual. */
    private static final int ADAPTED = 3;
    /** Usual of the slowest call that is answered at once, one for records. */
    private static final Duration SMALL_CALL = Duration.ofSeconds(20);
    /** Usual of a description, and of a chunk as small as the states of toy models. */
    private static final Duration STATE_CALL = Duration.ofSeconds(15);
    /** Sources of a state, asked one after the other for a chunk that does not come. */
    private static final Duration ALL_SOURCES = Duration.ofSeconds(8 * 4);
    /** Records between two chains, as a whole. */
    private static final Duration HISTORY = Duration.ofMinutes(2);
    /** For what a slow machine computes in between, and for looking only now and then. */
    private static final Duration SLACK = Duration.ofSeconds(30);

    private final Scenario.Run run;

    WaitLimits(Scenario.Run run) {
        this.run = run;
    }

    /**
     * Without an end, or without a change to another phase.
     *
     * @param speed samples a second that the trainer computes
     */
    Duration ofPhase(Phase phase, double speed) {
        return switch (phase) {
            case STARTING -> starting();
            case ACCUMULATING -> accumulating(speed);
            case MEETING -> meeting();
            case AVERAGING -> averaging();
            case STEPPING -> Duration.ofMinutes(1);
            case CATCHING_UP -> download().plus(SLACK);
            case STOPPED -> Duration.ofDays(1000);
        };
    }

    /** Three heartbeats, or six where nobody answers; then a chain whose state nobody has is given up. */
    private Duration starting() {
        return run.membership().heartbeat().multipliedBy(6).plus(noSource()).plus(SLACK);
    }

    /** Alone the peer would compute an epoch in that time. Before, chains whose states nobody has may have kept it waiting. */
    private Duration accumulating(double speed) {
        return Duration.ofMillis((long) (1000 * run.targetBatchSize() / speed))
                .plus(noSource())
                .plus(SLACK);
    }

    /** Two lifetimes, and as long again as others are thought to have it who are gone. */
    private Duration noSource() {
        MembershipSettings membership = run.membership();
        return membership.lifetime().multipliedBy(4);
    }

    private Duration meeting() {
        return run.averaging()
                .matchmakingWindow()
                .plusSeconds(5)
                .multipliedBy(12)
                .plus(SLACK);
    }

    private Duration averaging() {
        AveragingSettings averaging = run.averaging();
        return averaging
                .roundTimeout()
                .plus(averaging.partTimeout().multipliedBy(8))
                .plus(SLACK);
    }

    /** The description, all sources for a chunk, and the last one. */
    private static Duration download() {
        return STATE_CALL.multipliedBy(2 * ADAPTED).plus(ALL_SOURCES);
    }

    /** Of a state that somebody asks a node for: the last attempt may begin when the patience is over. */
    Duration ofFetch(Duration patience) {
        return patience.plus(download()).plus(SLACK);
    }

    /** From the call to its answer, by the one who has called and by the one who is to answer. */
    Duration ofCall(String method) {
        return switch (method) {
            case "JoinGroup", "JoinRound" -> meeting();
            case "ExchangePart", "ExchangeMean", "FetchPart", "Vote", "FetchOutcome", "FetchStatements" -> averaging();
            default -> SMALL_CALL.multipliedBy(ADAPTED).plus(SLACK);
        };
    }

    /**
     * Of a future that a program keeps.
     *
     * @param field package, class and name
     */
    Duration ofFuture(String field) {
        if (field.startsWith("averaging.Matchmaking")
                || field.startsWith("averaging.Applications")
                || field.startsWith("node.EarlyCalls")) {
            return meeting();
        } else if (field.startsWith("averaging.")) {
            return averaging();
        } else if (field.startsWith("node.History.")) {
            return HISTORY.plus(SLACK);
        }
        return SMALL_CALL.multipliedBy(ADAPTED).plus(SLACK);
    }
}
