package org.starling.spring;

import java.util.Optional;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.SwarmNode;

/** What this peer is doing and why. */
@RestController
@RequestMapping("/api/v1/peer")
final class PeerController {
    private final SwarmNode node;
    private final SwarmMembership membership;
    private final Optional<GradientSource> gradients;

    PeerController(SwarmNode node, SwarmMembership membership, Optional<GradientSource> gradients) {
        this.node = node;
        this.membership = membership;
        this.gradients = gradients;
    }

    @GetMapping(path = "/status", produces = MediaType.APPLICATION_JSON_VALUE)
    PeerStatus status() {
        return PeerStatus.of(node, membership, gradients);
    }

    @GetMapping(path = "/explain", produces = "text/plain;charset=UTF-8")
    String explain() {
        NodeStatus status = node.status();
        StringBuilder text = new StringBuilder();
        text.append("This is peer ")
                .append(membership.identity().id().abbreviated())
                .append(" of ")
                .append(membership.token().accountName())
                .append(" in the run ")
                .append(membership.run().run())
                .append(", generation ")
                .append(status.generation())
                .append(".\n")
                .append(status.explanation())
                .append('\n');
        status.state()
                .ifPresent(state -> text.append("Its replica has taken ")
                        .append(state.epoch())
                        .append(" epochs over ")
                        .append(state.samples())
                        .append(" samples; the state's digest is ")
                        .append(state.digest())
                        .append(".\n"));
        gradients.ifPresent(source -> text.append("It computes on ")
                .append(source.device())
                .append(" and has accumulated ")
                .append(source.samples())
                .append(" samples, ")
                .append(String.format(java.util.Locale.ROOT, "%.1f", source.samplesPerSecond()))
                .append(" a second.\n"));
        text.append("It knows of ")
                .append(status.peers().size())
                .append(" other peers. Its token is good until ")
                .append(membership.token().expiresAt())
                .append(".\n");
        membership
                .renewalProblem()
                .ifPresent(problem -> text.append("The token could not be renewed: ")
                        .append(problem)
                        .append(". This peer goes on and asks again.\n"));
        return text.toString();
    }
}
