package org.starling.metrics.web;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.starling.metrics.web.Views.Summary;

/** The run as meters. Accounts are the only tag, and only as many as are configured. */
@Component
class RunMeters {
    private final Dashboard dashboard;
    private final MultiGauge accounts;
    private volatile @Nullable Summary summary;

    RunMeters(MeterRegistry registry, Dashboard dashboard) {
        this.dashboard = dashboard;
        gauge(registry, "starling.run.epoch", "Epochs committed on the chain that counts", Summary::epoch);
        gauge(registry, "starling.run.generation", "Rollbacks so far", Summary::generation);
        gauge(registry, "starling.run.peers", "Peers alive", Summary::peersAlive);
        gauge(registry, "starling.run.trainers", "Peers alive that train", Summary::trainers);
        gauge(registry, "starling.run.samples", "Samples committed on the chain that counts", Summary::totalSamples);
        gauge(registry, "starling.run.samples.per.second", "Speed of all peers together", Summary::samplesPerSecond);
        gauge(
                registry,
                "starling.run.loss.training",
                "Mean training loss of the newest epoch, nats",
                s -> s.trainingLoss() == null ? Double.NaN : s.trainingLoss());
        gauge(
                registry,
                "starling.run.loss.validation",
                "Newest validation loss, nats per target token",
                s -> s.evaluation() == null ? Double.NaN : s.evaluation().loss());
        accounts = MultiGauge.builder("starling.run.account.samples")
                .description("Samples of the accounts with the most")
                .register(registry);
    }

    /** Looks again. */
    void refresh() {
        summary = dashboard.summary();
        accounts.register(
                dashboard.contributions().stream()
                        .map(account -> MultiGauge.Row.of(
                                Tags.of("account", account.name(), "account_id", account.account()), account.samples()))
                        .toList(),
                true);
    }

    private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<Summary> value) {
        Gauge.builder(name, this, meters -> {
                    Summary now = meters.summary;
                    return now == null ? Double.NaN : value.applyAsDouble(now);
                })
                .description(description)
                .register(registry);
    }
}
