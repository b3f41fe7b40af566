package org.starling.checkpoint.swarm;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.starling.spring.SwarmMembership;
import org.starling.swarm.node.SwarmNode;

/** This service's peer, unless a test plays the swarm. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "starling.peer.enabled", matchIfMissing = true)
class NodeSwarmConfiguration {
    @Bean
    SwarmAccess swarmAccess(SwarmNode node, SwarmMembership membership) {
        return new NodeSwarmAccess(node, membership);
    }
}
