package org.starling.spring;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToDoubleFunction;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.SwarmNode;

/** What the node's status says, as meters without tags. */
final class SwarmMeters implements MeterBinder {
    private final SwarmNode node;

    SwarmMeters(SwarmNode node) {
        this.node = node;
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
    }

    private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<NodeStatus> value) {
        Gauge.builder(name, node, n -> value.applyAsDouble(n.status()))
                .description(description)
                .register(registry);
    }

    private void counter(MeterRegistry registry, String name, String description, ToDoubleFunction<NodeStatus> value) {
        FunctionCounter.builder(name, node, n -> value.applyAsDouble(n.status()))
                .description(description)
                .register(registry);
    }
}
