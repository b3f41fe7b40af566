package org.starling.swarm.run;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * One run: its name, what is trained and how the swarm works together. Immutable; equal on every peer.
 *
 * @param run {@code organisation/name}, the audience of the run's tokens
 * @param task the name of the training task
 * @param taskSettings what the task and its optimizer read; validated by the task
 * @param targetBatchSize samples of all peers together that make one epoch
 * @param maxSamplesPerSecond of one peer; more is not believed. What is left out (zero) is an epoch's samples a second, so that
 *     no peer alone makes more than an epoch a second
 */
public record RunConfiguration(
        String run,
        String task,
        Map<String, String> taskSettings,
        long targetBatchSize,
        double maxSamplesPerSecond,
        AveragingSettings averaging,
        MembershipSettings membership) {
    private static final Pattern RUN_NAME = Pattern.compile("[A-Za-z0-9._-]{1,96}/[A-Za-z0-9._-]{1,96}");
    private static final int MAX_SETTINGS = 256;
    private static final double FASTEST = 1e15;

    /** @throws InvalidRunConfigurationException naming the setting, its value and what would be accepted */
    public RunConfiguration {
        Checks.require(run != null && RUN_NAME.matcher(run).matches(), "run", run, "organisation/name");
        Checks.require(task != null && !task.isBlank(), "task", task, "the name of a training task");
        Checks.require(targetBatchSize >= 1, "targetBatchSize", targetBatchSize, "at least 1 sample");
        maxSamplesPerSecond = maxSamplesPerSecond == 0 ? targetBatchSize : maxSamplesPerSecond;
        Checks.require(
                maxSamplesPerSecond > 0 && maxSamplesPerSecond <= FASTEST,
                "maxSamplesPerSecond",
                maxSamplesPerSecond,
                "more than 0 and at most " + FASTEST);
        taskSettings = taskSettings == null ? Map.of() : Map.copyOf(taskSettings);
        Checks.require(
                taskSettings.size() <= MAX_SETTINGS, "taskSettings", taskSettings.size(), "at most " + MAX_SETTINGS);
        averaging = averaging == null ? AveragingSettings.defaults() : averaging;
        membership = membership == null ? MembershipSettings.defaults() : membership;
    }

    /** A run without a bound of its own for the speed of its peers. */
    public RunConfiguration(
            String run,
            String task,
            Map<String, String> taskSettings,
            long targetBatchSize,
            AveragingSettings averaging,
            MembershipSettings membership) {
        this(run, task, taskSettings, targetBatchSize, 0, averaging, membership);
    }

    /** What a peer may claim. */
    public SampleLimits limits() {
        return new SampleLimits(maxSamplesPerSecond, targetBatchSize);
    }
}
