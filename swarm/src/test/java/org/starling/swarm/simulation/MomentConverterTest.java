package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.swarm.simulation.TrainerGroups.trainers;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.virtual.Links;

class MomentConverterTest {
    private final LoggingEvent event = new LoggingEvent(
            "here", new LoggerContext().getLogger("peer"), Level.WARN, "Something is wrong", null, null);

    @Test
    void aLineOfASimulationHasItsSeedTheVirtualTimeAndThePeer() {
        List<String> moments = new ArrayList<>();
        Sabotage talkative = new Sabotage() {
            @Override
            public GradientSource gradients(SimulatedPeer peer, GradientSource sound, Scheduler scheduler) {
                return new InvariantsTest.Source(sound) {
                    @Override
                    public long samples() {
                        moments.add(new MomentConverter().convert(event));
                        return super.samples();
                    }
                };
            }
        };
        Scenario scenario = new Scenario(
                "Two trainers",
                new Scenario.Run(
                        300,
                        0,
                        20,
                        AveragingSettings.defaults(),
                        MembershipSettings.defaults(),
                        10,
                        Duration.ofHours(24)),
                new Links(Duration.ofMillis(20), Map.of(), 0.2, 0, 0, 0),
                List.of(trainers("trainers", 2, 0, null)),
                List.of(),
                Duration.ZERO);
        Simulation.run(
                scenario,
                new Simulation.Options(7, 2, Duration.ofSeconds(70), Duration.ofSeconds(70), progress -> {}),
                talkative);

        assertThat(moments)
                .allMatch(moment -> moment.matches("seed 7 0:0[01]:\\d\\d\\.\\d{3} trainers-[01]"))
                .anyMatch(moment -> moment.startsWith("seed 7 0:01:0") && moment.endsWith(" trainers-1"));
    }

    @Test
    void elsewhereItHasTheTimeOfTheDay() {
        assertThat(new MomentConverter().convert(event)).matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{3}");
    }
}
