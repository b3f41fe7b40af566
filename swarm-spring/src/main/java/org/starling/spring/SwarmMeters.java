package org.starling.spring;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeStatus;

/** What the node's status says, as meters without tags, and how close each kind of deadline was. */
final class SwarmMeters implements MeterBinder, NodeListener {
    private final Supplier<NodeStatus> status;
    private final Map<Deadline, DistributionSummary> deadlines = new ConcurrentHashMap<>();

    /** @param status what the node knows at the moment */
    SwarmMeters(Supplier<NodeStatus> status) {
        this.status = status;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(
                registry,
                "starling.peers",
                "Other peers that are alive",
                s -> s.peers().size());
        gauge(registry, "starling.generation", "Generation of the run", NodeStatus::generation);
        gauge(
                registry,
                "starling.epoch",
                "Epoch of this peer's replica",
                s -> s.state()
                        .map(StateReference::epoch)
                        .orElse(s.head().map(head -> head.epoch()).orElse(0L)));
        gauge(registry, "starling.swarm.samples", "Samples of all peers towards the next epoch", s -> s.swarmSamples());
        counter(
                registry,
                "starling.rounds.committed",
                "Rounds with this peer that were committed",
                s -> s.roundsCommitted());
        counter(registry, "starling.rounds.void", "Rounds with this peer that were void", s -> s.roundsVoid());
        counter(
                registry,
                "starling.samples.lost",
                "Samples that were computed here and never averaged",
                s -> s.samplesLost());
        for (Deadline deadline : Deadline.values()) {
            deadlines.put(deadline, summary(registry, deadline.name().toLowerCase(Locale.ROOT)));
        }
    }

    /** The meter of a deadline, by its name in lower case. */
    static DistributionSummary summary(MeterRegistry registry, String deadline) {
        return DistributionSummary.builder("starling.deadline.used")
                .description("How much of the time that it is allowed something takes; 1 is all of it")
                .tag("deadline", deadline)
                .serviceLevelObjectives(0.1, 0.25, 0.5, 0.75, 1)
                .register(registry);
    }

    @Override
    public void deadlineUsed(Deadline deadline, Duration took, Duration allowed) {
        DistributionSummary summary = deadlines.get(deadline);
        if (summary != null) {
            summary.record((double) took.toNanos() / allowed.toNanos());
        }
    }

    private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<NodeStatus> value) {
        Gauge.builder(name, status, s -> value.applyAsDouble(s.get()))
                .description(description)
                .register(registry);
    }

    private void counter(MeterRegistry registry, String name, String description, ToDoubleFunction<NodeStatus> value) {
        FunctionCounter.builder(name, status, s -> value.applyAsDouble(s.get()))
                .description(description)
                .register(registry);
    }
}
