package org.starling.metrics.testing;

import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.starling.metrics.MetricsServiceApplication;
import org.starling.metrics.collect.Collector;
import org.starling.metrics.testing.SimulatedSwarm.Share;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.orders.Order;
import org.starling.swarm.wire.proto.Progress;

/** Serves the dashboard over a simulated run with a rollback, for people who work on the page. Runs until it is ended. */
public final class DashboardPreview {
    private static final List<String> PROMPTS = List.of(
            "a red heart",
            "grinning face",
            "a green apple",
            "the flag of Japan",
            "a slice of pizza",
            "<b>sun</b> behind cloud");

    private final SimulatedSwarm swarm;
    private final Collector collector;

    private DashboardPreview(SimulatedSwarm swarm, Collector collector) {
        this.swarm = swarm;
        this.collector = collector;
    }

    static class Simulation {
        @Bean
        SimulatedSwarm swarm() {
            return new SimulatedSwarm();
        }
    }

    public static void main(String[] arguments) {
        var context = new SpringApplicationBuilder(MetricsServiceApplication.class, Simulation.class)
                .properties(
                        "starling.peer.enabled=false", "management.endpoints.web.exposure.include=health,prometheus")
                .run(arguments);
        new DashboardPreview(context.getBean(SimulatedSwarm.class), context.getBean(Collector.class)).play();
    }

    private void play() {
        EpochRecord last = null;
        EpochRecord target = null;
        for (int epoch = 1; epoch <= 90; epoch++) {
            last = step(swarm.commit(last, "", shares()));
            target = epoch == 60 ? last : target;
        }
        Order.Rollback order = swarm.rollBack(1, java.util.Objects.requireNonNull(target));
        collector.rolledBack(order);
        last = step(swarm.commitAfterRollback(shares()));
        for (int epoch = 62; epoch <= 140; epoch++) {
            last = step(swarm.commit(last, "", shares()));
        }
        while (!Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(4_000_000_000L);
            last = step(swarm.commit(last, "", shares()));
        }
    }

    private static Share[] shares() {
        return new Share[] {new Share("ada", 260), new Share("grace", 170), new Share("linus <script>", 95)};
    }

    private EpochRecord step(EpochRecord record) {
        collector.recordBecameFinal(record);
        double mean = 2.4 + 4.2 * Math.exp(-record.epoch() / 28.0);
        double wobble = 0.09 * Math.sin(record.epoch() * 1.7);
        Progress.Builder ada = swarm.atHead(mean + wobble, 58.2);
        Progress.Builder grace = swarm.atHead(mean - wobble, 41.7);
        if (record.epoch() % 5 == 0) {
            grace.addEvaluations(SimulatedSwarm.evaluation(record.generation(), record.epoch(), mean + 0.12));
            swarm.draw(record.generation(), record.epoch(), PROMPTS);
        }
        collector.peerProgressed(swarm.says("ada", Set.of(Role.TRAINER), "CPU, 1 core", ada));
        collector.peerProgressed(swarm.says("grace", Set.of(Role.TRAINER, Role.INFERENCE), "NVIDIA RTX 3060", grace));
        collector.peerProgressed(swarm.says(
                "linus <script>",
                Set.of(Role.TRAINER),
                "CPU, 2 cores",
                swarm.atHead(mean, 21.3)
                        .setEpoch(record.epoch() - 1)
                        .setStateDigest(SimulatedSwarm.name("behind").toByteString())));
        collector.peerProgressed(swarm.says(
                "keeper",
                Set.of(Role.AUXILIARY),
                "",
                Progress.newBuilder().setGeneration(record.generation()).setEpoch(record.epoch())));
        LockSupport.parkNanos(20_000_000L);
        return record;
    }
}
