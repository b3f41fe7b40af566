package org.starling.spring;

import java.util.List;
import org.springframework.context.SmartLifecycle;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.wire.SwarmService;

/** Starts the node when the servers are up, and stops it before they go down. */
final class SwarmLifecycle implements SmartLifecycle {
    private final SwarmNode node;
    private final SwarmService service;
    private final SwarmMembership membership;
    private final MembershipKeeper keeper;
    private final OrderWatch orders;
    private final List<NodeListener> listeners;
    private volatile boolean running;

    SwarmLifecycle(
            SwarmNode node,
            SwarmService service,
            SwarmMembership membership,
            MembershipKeeper keeper,
            OrderWatch orders,
            List<NodeListener> listeners) {
        this.node = node;
        this.service = service;
        this.membership = membership;
        this.keeper = keeper;
        this.orders = orders;
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public void start() {
        listeners.forEach(node::addListener);
        service.open(membership.credentials(), node.handler());
        node.start();
        node.probeLine();
        keeper.start(node);
        orders.start(node);
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        keeper.close();
        orders.close();
        node.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** That of Boot's gRPC server, which this bean depends on: after it, and before it on the way down. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
