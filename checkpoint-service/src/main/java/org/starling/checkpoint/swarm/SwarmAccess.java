package org.starling.checkpoint.swarm;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.proto.EpochRecordMessage;

/** The swarm as the keeper of its checkpoints sees it. All methods may be called from any thread and return at once. */
public interface SwarmAccess {
    RunConfiguration run();

    /** Whose signature an order must carry. */
    TrustedAuthority authority();

    /** Orders known when this peer joined, oldest first. */
    List<SignedOrder> orders();

    /** Newest record of the heaviest chain; empty before the first epoch. */
    Optional<EpochRecord> head();

    /** Newest validation loss that some peer tells of. */
    OptionalDouble validationLoss();

    /** Downloads a state, verified against its digest. */
    CompletableFuture<StateSnapshot> fetchState(StateReference state, Duration patience);

    /** Offers a state to peers that ask for it. */
    void serve(StateReference state, StateSnapshot snapshot);

    /** A record with its signatures and the signers' tokens. */
    CompletableFuture<Optional<EpochRecordMessage>> exportRecord(Digest recordId);

    /** Takes in a record that was kept. Whether it is final now. */
    CompletableFuture<Boolean> adopt(EpochRecordMessage record);

    /** Obeys an order and spreads it. Fails if the order is not valid. */
    CompletableFuture<Void> submit(SignedOrder order);
}
