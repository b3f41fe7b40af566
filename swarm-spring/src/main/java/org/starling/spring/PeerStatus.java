package org.starling.spring;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.wire.proto.Progress;

/**
 * What this peer knows, for programs. Digests and ids are hexadecimal; {@code stateDigest} is null for a peer without a
 * replica.
 *
 * @param head id of the newest record of the heaviest chain, or of the generation's origin
 * @param samples accumulated here towards the next epoch
 * @param swarmSamples the same of all peers together, estimated
 */
public record PeerStatus(
        String phase,
        String explanation,
        String run,
        String peer,
        String account,
        List<String> roles,
        Instant tokenExpires,
        long generation,
        long epoch,
        @Nullable String stateDigest,
        String head,
        long samples,
        double samplesPerSecond,
        double trainingLoss,
        long swarmSamples,
        long targetBatchSize,
        long roundsCommitted,
        long roundsVoid,
        long samplesLost,
        long newestOrder,
        List<Other> peers) {
    /** Another peer, in its own words. */
    public record Other(
            String peer,
            String account,
            List<String> roles,
            String address,
            String agent,
            long generation,
            long epoch,
            @Nullable String stateDigest,
            long samples,
            double samplesPerSecond,
            double trainingLoss,
            long samplesTotal,
            long samplesLost,
            String device) {
        static Other of(PeerView view) {
            Progress progress = view.progress() == null ? Progress.getDefaultInstance() : view.progress();
            return new Other(
                    view.id().toString(),
                    view.token().accountName(),
                    view.record().getRolesList().stream().sorted().toList(),
                    view.record().getAddress(),
                    view.record().getAgent(),
                    progress.getGeneration(),
                    progress.getEpoch(),
                    progress.getStateDigest().isEmpty()
                            ? null
                            : Digest.of(progress.getStateDigest()).toString(),
                    progress.getSamples(),
                    progress.getSamplesPerSecond(),
                    progress.getTrainingLoss(),
                    progress.getSamplesTotal(),
                    progress.getSamplesLost(),
                    view.record().getDevice());
        }
    }

    static PeerStatus of(SwarmNode self, SwarmMembership membership, Optional<GradientSource> gradients) {
        NodeStatus node = self.status();
        return new PeerStatus(
                node.phase().name(),
                node.explanation(),
                membership.run().run(),
                membership.identity().id().toString(),
                membership.token().accountName(),
                claims(membership.roles()),
                membership.token().expiresAt(),
                node.generation(),
                node.state()
                        .map(StateReference::epoch)
                        .orElseGet(() -> node.head().map(head -> head.epoch()).orElse(0L)),
                node.state().map(state -> state.digest().toString()).orElse(null),
                node.headId().toString(),
                gradients.map(GradientSource::samples).orElse(0L),
                gradients.map(GradientSource::samplesPerSecond).orElse(0.0),
                gradients.map(GradientSource::trainingLoss).orElse(0.0),
                node.swarmSamples(),
                self.configuration().targetBatchSize(),
                node.roundsCommitted(),
                node.roundsVoid(),
                node.samplesLost(),
                node.newestOrder(),
                node.peers().stream().map(Other::of).toList());
    }

    private static List<String> claims(Set<Role> roles) {
        return roles.stream().map(Role::claim).sorted().toList();
    }
}
