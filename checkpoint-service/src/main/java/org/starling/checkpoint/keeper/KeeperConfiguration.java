package org.starling.checkpoint.keeper;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.orders.SignedOrder;

/** Ties the keeper to the node: it hears what happens, starts after the node and stops before it. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "starling.peer.enabled", matchIfMissing = true)
class KeeperConfiguration {
    @Bean
    NodeListener keeperListener(CheckpointKeeper keeper) {
        return new NodeListener() {
            @Override
            public void recordBecameFinal(EpochRecord record) {
                keeper.headMoved();
            }

            @Override
            public void ordered(SignedOrder order) {
                keeper.ordered(order);
            }
        };
    }

    @Bean
    @DependsOn("swarmLifecycle")
    SmartLifecycle keeperLifecycle(CheckpointKeeper keeper) {
        return new KeeperLifecycle(keeper);
    }

    private static final class KeeperLifecycle implements SmartLifecycle {
        private final CheckpointKeeper keeper;
        private volatile boolean running;

        KeeperLifecycle(CheckpointKeeper keeper) {
            this.keeper = keeper;
        }

        @Override
        public void start() {
            keeper.start();
            running = true;
        }

        @Override
        public void stop() {
            running = false;
            keeper.close();
        }

        @Override
        public boolean isRunning() {
            return running;
        }

        /** That of the node's own lifecycle, on which this one depends. */
        @Override
        public int getPhase() {
            return Integer.MAX_VALUE;
        }
    }
}
