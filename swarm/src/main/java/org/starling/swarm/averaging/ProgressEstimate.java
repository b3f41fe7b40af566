package org.starling.swarm.averaging;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** How many samples the swarm has towards its next epoch. A pure function of what the peers last said. */
public final class ProgressEstimate {
    /** What one peer said, or is known to have started from. */
    public record Report(long samples, double samplesPerSecond, Instant at) {}

    private ProgressEstimate() {}

    /**
     * Adds the reports up, each carried forward at its speed.
     *
     * @param limit how far a report is carried forward at most: a silent peer does not go on for ever
     */
    public static long samples(List<Report> reports, Instant now, Duration limit) {
        double sum = 0;
        for (Report report : reports) {
            Duration age = Duration.between(report.at(), now);
            if (age.isNegative()) {
                age = Duration.ZERO;
            } else if (age.compareTo(limit) > 0) {
                age = limit;
            }
            sum += report.samples() + report.samplesPerSecond() * age.toMillis() / 1000.0;
        }
        return (long) sum;
    }
}
