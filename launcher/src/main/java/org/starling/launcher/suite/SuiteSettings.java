package org.starling.launcher.suite;

import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What a swarm on this machine consists of and what it trains.
 *
 * @param home folder of the built modules
 * @param run what is trained and how
 * @param trainers how many trainers start with the swarm
 * @param dashboardPort port of the metrics service; empty takes a free one
 * @param properties properties by kind of process ({@code hub}, {@code auth}, {@code checkpoint}, {@code metrics},
 *     {@code trainer}), beyond what the suite sets itself
 */
public record SuiteSettings(
        Path home,
        RunSettings run,
        int trainers,
        OptionalInt dashboardPort,
        Map<String, Map<String, String>> properties) {
    /** Trainers of one machine at most: there are as many accounts. */
    public static final int MAX_TRAINERS = Account.VOLUNTEERS.size();

    public SuiteSettings {
        properties = Map.copyOf(properties);
        home = home.toAbsolutePath().normalize();
        if (trainers < 1 || trainers > MAX_TRAINERS) {
            throw new IllegalArgumentException(
                    "The number of trainers must be from 1 to %d, not %d.".formatted(MAX_TRAINERS, trainers));
        }
        dashboardPort.ifPresent(port -> {
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("The port must be from 1 to 65535, not " + port + ".");
            }
        });
    }

    /**
     * The run's configuration as the auth service takes it; what is left out takes the swarm's default.
     *
     * @param name {@code organisation/name}
     * @param description for people
     * @param task name of the training task
     * @param taskSettings what the task reads
     * @param targetBatchSize samples of one epoch
     * @param averaging settings of the averaging, such as {@code codec}
     * @param membership settings of the membership, such as {@code heartbeat}
     * @param checkpointEpochs epochs from one checkpoint to the next
     */
    public record RunSettings(
            String name,
            String description,
            String task,
            Map<String, String> taskSettings,
            long targetBatchSize,
            Map<String, String> averaging,
            Map<String, String> membership,
            int checkpointEpochs) {
        public RunSettings {
            taskSettings = Map.copyOf(taskSettings);
            averaging = Map.copyOf(averaging);
            membership = Map.copyOf(membership);
        }

        /** The organization that the run belongs to. */
        public String organization() {
            return name.substring(0, name.indexOf('/'));
        }
    }
}
