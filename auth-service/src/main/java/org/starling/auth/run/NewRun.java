package org.starling.auth.run;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;

/**
 * A run to make.
 *
 * @param run {@code organisation/name}
 * @param description for people
 * @param task name of the training task
 * @param taskSettings model and training, as the task reads them
 * @param targetBatchSize samples of an epoch
 * @param maxSamplesPerSecond of one peer; more is not believed; default an epoch a second
 * @param averaging how gradients are averaged; what is left out takes its default
 * @param membership how peers learn of each other; what is left out takes its default
 * @param entryPoints {@code host:port} of peers that newcomers call first
 * @param metrics address of the run's metrics service, whose dashboard everybody may see
 * @param checkpoints address of the run's checkpoint service
 */
public record NewRun(
        @Nullable String run,
        @Nullable String description,
        @Nullable String task,
        @Nullable Map<String, String> taskSettings,
        @Nullable Long targetBatchSize,
        @Nullable Double maxSamplesPerSecond,
        @Nullable AveragingSettings averaging,
        @Nullable MembershipSettings membership,
        @Nullable List<String> entryPoints,
        @Nullable String metrics,
        @Nullable String checkpoints) {

    @SuppressWarnings("NullAway") // it checks, and null stands for the defaults
    RunConfiguration configuration() {
        return new RunConfiguration(
                run,
                task,
                taskSettings,
                targetBatchSize == null ? 0 : targetBatchSize,
                maxSamplesPerSecond == null ? 0 : maxSamplesPerSecond,
                averaging,
                membership);
    }

    RunPresence presence() {
        return new RunPresence(description, entryPoints, metrics, checkpoints);
    }
}
