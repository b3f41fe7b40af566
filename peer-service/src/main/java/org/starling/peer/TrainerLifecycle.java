package org.starling.peer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.starling.swarm.node.SwarmNode;

/** Lets the trainer compute while the node takes part, and ends the process if the trainer cannot go on. */
final class TrainerLifecycle implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(TrainerLifecycle.class);

    private final Trainer trainer;
    private final SwarmNode node;
    private final boolean overlap;
    private final ConfigurableApplicationContext context;
    private volatile boolean running;

    /** @param overlap whether to go on computing during a round */
    TrainerLifecycle(Trainer trainer, SwarmNode node, boolean overlap, ConfigurableApplicationContext context) {
        this.trainer = trainer;
        this.node = node;
        this.overlap = overlap;
        this.context = context;
    }

    @Override
    public void start() {
        running = true;
        trainer.start(this::isComputingOfUse, this::end);
    }

    /** Not before the node knows which state the swarm is in; during a round only if that is wished. */
    private boolean isComputingOfUse() {
        if (node.isPaused()) {
            return false;
        }
        return switch (node.status().phase()) {
            case STARTING, CATCHING_UP, STOPPED -> false;
            case ACCUMULATING -> true;
            case MEETING, AVERAGING, STEPPING -> overlap;
        };
    }

    private void end(Throwable failure) {
        log.error(
                "This peer cannot compute gradients: {}. It stops, because a trainer that does not train is of no use. If"
                        + " the engine could not be loaded, check that the folder DJL_CACHE_DIR (by default ~/.djl.ai) can"
                        + " be written and has 500 MB of room; if memory was short, set a smaller"
                        + " starling.peer.micro-batch",
                failure.toString(),
                failure);
        Thread exit = new Thread(() -> System.exit(SpringApplication.exit(context, () -> 1)), "exit");
        exit.setDaemon(false);
        exit.start();
    }

    @Override
    public void stop() {
        running = false;
        trainer.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** That of the node's lifecycle, on which this bean depends: after it, and before it on the way down. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
