package org.starling.swarm.node;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.RequestHandler;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.Gallery;

/**
 * One peer of the swarm: gossips, meets, averages, steps, follows the heaviest chain and obeys orders. All methods may be
 * called from any thread and return at once.
 */
public final class SwarmNode implements AutoCloseable {
    /**
     * Puts a peer together; nothing happens before {@link #start}.
     *
     * @param orders of the authority, as far as they were known when the peer joined
     * @param replica empty for a peer that only follows the records
     * @param gradients empty for a peer that computes none
     */
    public SwarmNode(
            RunConfiguration run,
            NodeSettings settings,
            Credentials credentials,
            Supplier<TrustedAuthority> authority,
            List<SignedOrder> orders,
            Optional<Replica> replica,
            Optional<GradientSource> gradients,
            Transport transport,
            Scheduler scheduler) {
        throw new UnsupportedOperationException();
    }

    /** Begins to take part. */
    public void start() {
        throw new UnsupportedOperationException();
    }

    /** Stops taking part; calls under way fail. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }

    /** Answers other peers; give it to the {@code SwarmService}. */
    public RequestHandler handler() {
        throw new UnsupportedOperationException();
    }

    /** What this node knew a moment ago. */
    public NodeStatus status() {
        throw new UnsupportedOperationException();
    }

    public void addListener(NodeListener listener) {
        throw new UnsupportedOperationException();
    }

    /** Obeys an order and spreads it. Fails if the order is not valid. */
    public CompletableFuture<Void> submit(SignedOrder order) {
        throw new UnsupportedOperationException();
    }

    /** Downloads a state from peers that have it, verified against its digest. Tries until the time is over. */
    public CompletableFuture<StateSnapshot> fetchState(StateReference state, Duration patience) {
        throw new UnsupportedOperationException();
    }

    /** Serves a state to others, besides the replica's own, until it is replaced: at most {@code 4}, the oldest goes first. */
    public void serve(StateReference state, StateSnapshot snapshot) {
        throw new UnsupportedOperationException();
    }

    /** A record with its signatures and the signers' tokens, fit to be kept and adopted years later. */
    public CompletableFuture<Optional<EpochRecordMessage>> exportRecord(Digest recordId) {
        throw new UnsupportedOperationException();
    }

    /** Takes in a record that was kept. Whether it is final now. */
    public CompletableFuture<Boolean> adopt(EpochRecordMessage record) {
        throw new UnsupportedOperationException();
    }

    /** Records that led to the given one, from it backwards, as far as some peer knows them. */
    public CompletableFuture<List<EpochRecord>> fetchHistory(Digest from, int limit) {
        throw new UnsupportedOperationException();
    }

    /** Tells the swarm what a validation has given; spread with this node's progress. */
    public void publish(Evaluation evaluation) {
        throw new UnsupportedOperationException();
    }

    /** Offers pictures to those who ask. */
    public void offerGallery(Supplier<Gallery> gallery) {
        throw new UnsupportedOperationException();
    }

    /** Asks a peer with the inference role for its pictures. */
    public CompletableFuture<Gallery> fetchGallery(PeerId peer) {
        throw new UnsupportedOperationException();
    }
}
