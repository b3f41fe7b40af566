package org.starling.simulator.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.starling.simulator.scenario.ScenarioLibrary;
import org.starling.swarm.simulation.SimulationResult;
import org.starling.swarm.simulation.SimulationResult.Distribution;
import org.starling.swarm.simulation.SimulationResult.Fork;
import org.starling.swarm.simulation.SimulationResult.Moment;
import org.starling.swarm.simulation.SimulationResult.Samples;
import org.starling.swarm.simulation.SimulationResult.TraceEvent;
import org.starling.swarm.simulation.SimulationResult.Violation;

/** Reports with numbers as a real run gives them. */
final class SampleReports {
    private SampleReports() {}

    static Report good() throws Exception {
        return report(Optional.empty());
    }

    static Report bad() throws Exception {
        List<TraceEvent> trace = new ArrayList<>();
        trace.add(event(301_000, "oceania/2", "oceania/2", "MEETING: It meets the others for epoch 7."));
        trace.add(event(301_020, "oceania/2", "america/1", "JoinGroup (epoch 7, 512 samples)"));
        trace.add(event(301_105, "america/1", "oceania/2", "JoinGroup refused: BUSY <no & \"room\">; try #2"));
        trace.add(event(301_200, "keeper/0", "oceania/2", "Gossip (3 news, 1 records, 0 orders)"));
        trace.add(event(301_950, "oceania/2", "oceania/2", "is at epoch: 7 of generation 0"));
        return report(Optional.of(new Violation(
                "one state for an epoch",
                "oceania/2 has state 12ab at epoch 7, america/1 has 34cd.",
                Duration.ofMillis(302_000),
                List.of("oceania/2", "america/1"),
                trace)));
    }

    private static TraceEvent event(long millis, String from, String to, String what) {
        return new TraceEvent(Duration.ofMillis(millis), from, to, what);
    }

    private static Report report(Optional<Violation> violation) throws Exception {
        Random random = new Random(3);
        List<Moment> timeline = new ArrayList<>();
        for (int i = 0; i <= 300; i++) {
            boolean cut = i > 60 && i < 165;
            timeline.add(new Moment(
                    Duration.ofSeconds(6L * i),
                    34 + random.nextInt(3),
                    (cut ? 24 : 31) + random.nextInt(2),
                    i * 11L / 10,
                    (cut ? 2 : 1) + (random.nextInt(6) == 0 ? 1 : 0),
                    2340L * i,
                    i * 11L / 10 * 2000,
                    2200 + random.nextInt(900),
                    (cut ? 26 : 34) + random.nextDouble()));
        }
        Map<String, Distribution> traffic = new LinkedHashMap<>();
        traffic.put("membership", new Distribution(36, 900, 880, 1500, 1900));
        traffic.put("averaging", new Distribution(36, 1400, 1350, 2600, 3100));
        traffic.put("records", new Distribution(36, 210, 190, 400, 520));
        traffic.put("state", new Distribution(36, 40, 12, 160, 300));
        traffic.put("connections", new Distribution(36, 30, 28, 60, 80));
        Map<String, Distribution> waits = new LinkedHashMap<>();
        waits.put("starting", new Distribution(36, 6, 6, 6.2, 12.1));
        waits.put("meeting", new Distribution(9800, 0.6, 0.41, 1.9, 8.2));
        waits.put("averaging", new Distribution(9700, 0.9, 0.8, 1.4, 11));
        waits.put("stepping", new Distribution(9700, 0.01, 0.01, 0.02, 0.04));
        waits.put("catching up", new Distribution(61, 0.7, 0.5, 2.2, 4));
        return new Report(
                new SimulationResult(
                        ScenarioLibrary.find("continent-cut-off").scenario(),
                        7,
                        36,
                        Duration.ofMinutes(30),
                        Duration.ofMillis(41_300),
                        12_345_678,
                        "9f3c01d2aa55e7b1",
                        330,
                        1,
                        Map.of("too few members agreed", 31L, "n members are left", 9L, "it took too long", 2L),
                        new Samples(
                                700_000,
                                655_000,
                                2_000,
                                Map.of("in a chain that was given up", 41_000L, "stale", 2_000L)),
                        List.of(
                                new Fork(Duration.ofSeconds(372), Optional.of(Duration.ofSeconds(611)), 41_000),
                                new Fork(Duration.ofSeconds(1100), Optional.of(Duration.ofMillis(1500)), 0)),
                        new Distribution(36, 2.2, 2.1, 4.5, 6.5),
                        new Distribution(36, 2.4, 2.5, 4.6, 7.5),
                        traffic,
                        waits,
                        timeline,
                        violation),
                "continent-cut-off",
                "./starling simulate --scenario continent-cut-off --peers 36 --minutes 30 --seed 7",
                Duration.ofMinutes(2));
    }
}
