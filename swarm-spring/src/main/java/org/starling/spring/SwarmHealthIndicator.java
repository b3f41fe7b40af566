package org.starling.spring;

import java.time.InstantSource;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.SwarmNode;

/** Down when this peer cannot take part: the node has stopped, or the token has expired. */
final class SwarmHealthIndicator extends AbstractHealthIndicator {
    private final SwarmNode node;
    private final SwarmMembership membership;
    private final InstantSource clock;

    SwarmHealthIndicator(SwarmNode node, SwarmMembership membership, InstantSource clock) {
        this.node = node;
        this.membership = membership;
        this.clock = clock;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        NodeStatus status = node.status();
        boolean expired = clock.instant().isAfter(membership.token().expiresAt());
        (expired || status.phase() == NodeStatus.Phase.STOPPED ? builder.down() : builder.up())
                .withDetail("phase", status.phase())
                .withDetail("explanation", status.explanation())
                .withDetail("peers", status.peers().size())
                .withDetail("tokenExpires", membership.token().expiresAt());
        membership.renewalProblem().ifPresent(problem -> builder.withDetail("tokenRenewal", problem));
    }
}
