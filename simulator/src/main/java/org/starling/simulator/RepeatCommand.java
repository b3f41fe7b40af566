package org.starling.simulator;

import java.math.BigDecimal;
import java.time.Duration;
import org.starling.swarm.simulation.RandomSchedule.Edition;

/** The command line that repeats a run exactly. */
final class RepeatCommand {
    private static final String PROGRAM = "./starling simulate";

    private RepeatCommand() {}

    static String of(String scenario, int peers, Duration length, long seed) {
        return PROGRAM + " --scenario " + quoted(scenario) + " --peers " + peers + " " + time(length) + " --seed "
                + seed;
    }

    static String ofSchedule(Edition edition, long seed) {
        return PROGRAM + " --schedules 1 --edition " + EditionNames.of(edition) + " --from-seed " + seed;
    }

    private static String time(Duration length) {
        if (length.toSeconds() % 3600 == 0 && length.toNanosPart() == 0) {
            return "--hours " + length.toHours();
        }
        return "--minutes "
                + BigDecimal.valueOf(length.toMillis() / 60_000.0)
                        .stripTrailingZeros()
                        .toPlainString();
    }

    private static String quoted(String text) {
        return text.matches("[A-Za-z0-9._/-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
