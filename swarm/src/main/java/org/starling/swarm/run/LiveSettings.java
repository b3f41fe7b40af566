package org.starling.swarm.run;

import java.time.Duration;

/**
 * What of a run may change while it runs. Peers learn of a change at slightly different times; until all know it, a group whose
 * members differ does not come about, and the next one does. How fast a peer may be stays what the run began with.
 *
 * @param targetBatchSize samples of all peers together that make one epoch
 * @param codec how gradients travel
 * @param matchmakingWindow how long a leader waits for the members that it expects
 * @param partTimeout silence after which a sender or a reducer is left out of the round
 * @param roundTimeout after this a round is void whatever happens
 */
public record LiveSettings(
        long targetBatchSize, String codec, Duration matchmakingWindow, Duration partTimeout, Duration roundTimeout) {

    /** Those that a run has now. */
    public static LiveSettings of(RunConfiguration run) {
        AveragingSettings averaging = run.averaging();
        return new LiveSettings(
                run.targetBatchSize(),
                averaging.codec(),
                averaging.matchmakingWindow(),
                averaging.partTimeout(),
                averaging.roundTimeout());
    }

    /**
     * The configuration with these settings in the place of its own.
     *
     * @throws InvalidRunConfigurationException naming the setting, its value and what would be accepted
     */
    public RunConfiguration appliedTo(RunConfiguration run) {
        AveragingSettings old = run.averaging();
        return new RunConfiguration(
                run.run(),
                run.task(),
                run.taskSettings(),
                targetBatchSize,
                run.maxSamplesPerSecond(),
                new AveragingSettings(
                        codec,
                        old.partElements(),
                        old.partsInFlight(),
                        old.bytesInFlight(),
                        matchmakingWindow,
                        partTimeout,
                        roundTimeout,
                        old.quorumNumerator(),
                        old.quorumDenominator(),
                        old.maxGroupSize(),
                        old.errorFeedback()),
                run.membership());
    }
}
