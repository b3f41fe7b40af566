package org.starling.peer;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.SwarmNode;
import org.starling.training.optimizer.TrainingState;
import org.starling.training.task.TrainingTask;

/** For a peer without a replica: downloads the swarm's state every few epochs and shows what it has learned. */
final class StateFollower implements NodeListener {
    private static final Logger log = LoggerFactory.getLogger(StateFollower.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final SwarmNode node;
    private final Showcase showcase;
    private final int parameters;
    private final int slots;
    private final int interval;
    private final AtomicBoolean fetching = new AtomicBoolean();
    private volatile @Nullable Model shown;

    /** @param interval epochs between two downloads */
    StateFollower(TrainingTask task, SwarmNode node, Showcase showcase, int interval) {
        this.node = node;
        this.showcase = showcase;
        this.parameters = task.layout().size();
        this.slots = task.newOptimizer().slots();
        this.interval = interval;
    }

    @Override
    public void recordBecameFinal(EpochRecord record) {
        if (isDue(shown, record.generation(), record.epoch(), interval)
                && record.generation() >= node.status().generation()
                && fetching.compareAndSet(false, true)) {
            node.fetchState(record.stateReference(), PATIENCE)
                    .thenCompose(snapshot -> CompletableFuture.supplyAsync(() -> {
                        TrainingState state = TrainingReplica.parse(snapshot, parameters, slots);
                        return new Model(
                                record.generation(),
                                record.epoch(),
                                record.totalSamples(),
                                new Parameters(state.step(), state.parameters()));
                    }))
                    .whenComplete((model, failure) -> {
                        fetching.set(false);
                        if (failure == null) {
                            shown = model;
                            showcase.show(model);
                        } else {
                            log.info("The state of {} is not to be had: {}", record, failure.getMessage());
                        }
                    });
        }
    }

    /** Whether an epoch's state is wanted: those that are validated, and the first at once. */
    static boolean isDue(@Nullable Model last, long generation, long epoch, int interval) {
        return last == null
                || generation > last.generation()
                || epoch % interval == 0
                || epoch - last.epoch() >= interval;
    }
}
