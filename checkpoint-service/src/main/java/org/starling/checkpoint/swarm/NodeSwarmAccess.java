package org.starling.checkpoint.swarm;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import org.starling.spring.SwarmMembership;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.Evaluation;

/** The swarm through this service's own peer. */
final class NodeSwarmAccess implements SwarmAccess {
    private final SwarmNode node;
    private final SwarmMembership membership;

    NodeSwarmAccess(SwarmNode node, SwarmMembership membership) {
        this.node = node;
        this.membership = membership;
    }

    @Override
    public RunConfiguration run() {
        return node.configuration();
    }

    @Override
    public TrustedAuthority authority() {
        return membership.authority();
    }

    @Override
    public List<SignedOrder> orders() {
        return membership.orders();
    }

    @Override
    public Optional<EpochRecord> head() {
        return node.status().head();
    }

    @Override
    public OptionalDouble validationLoss() {
        long generation = node.status().generation();
        // Of what is yet to come nobody can know: a peer that tells of it would be believed for ever.
        long epoch = head().map(EpochRecord::epoch).orElse(0L);
        return node.status().peers().stream()
                .map(PeerView::progress)
                .filter(Objects::nonNull)
                .flatMap(progress -> progress.getEvaluationsList().stream())
                .filter(evaluation -> evaluation.getGeneration() <= generation && evaluation.getEpoch() <= epoch)
                .max(Comparator.comparingLong(Evaluation::getGeneration).thenComparingLong(Evaluation::getEpoch))
                .map(evaluation -> OptionalDouble.of(evaluation.getLoss()))
                .orElseGet(OptionalDouble::empty);
    }

    @Override
    public CompletableFuture<StateSnapshot> fetchState(StateReference state, Duration patience) {
        return node.fetchState(state, patience);
    }

    @Override
    public void serve(StateReference state, StateSnapshot snapshot) {
        node.serve(state, snapshot);
    }

    @Override
    public CompletableFuture<Optional<EpochRecordMessage>> exportRecord(Digest recordId) {
        return node.exportRecord(recordId);
    }

    @Override
    public CompletableFuture<Boolean> adopt(EpochRecordMessage record) {
        return node.adopt(record);
    }

    @Override
    public CompletableFuture<Void> submit(SignedOrder order) {
        return node.submit(order);
    }
}
