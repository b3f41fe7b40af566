package org.starling.checkpoint.rollback;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.checkpoint.archive.LoadedCheckpoint;
import org.starling.checkpoint.catalog.Checkpoint;
import org.starling.checkpoint.catalog.CheckpointCatalog;
import org.starling.checkpoint.keeper.CheckpointKeeper;
import org.starling.checkpoint.rollback.RollbackRefusedException.Reason;
import org.starling.checkpoint.swarm.SwarmAccess;
import org.starling.swarm.orders.InvalidOrderException;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;

/** Takes the swarm back to a checkpoint. Safe for use by several threads; blocks until the swarm has the order. */
public final class RollbackService {
    private static final Logger log = LoggerFactory.getLogger(RollbackService.class);
    private static final Duration SUBMIT_TIMEOUT = Duration.ofSeconds(10);

    private final SwarmAccess swarm;
    private final CheckpointCatalog catalog;
    private final CheckpointKeeper keeper;
    private final OrderClient orders;

    public RollbackService(SwarmAccess swarm, CheckpointCatalog catalog, CheckpointKeeper keeper, OrderClient orders) {
        this.swarm = swarm;
        this.catalog = catalog;
        this.keeper = keeper;
        this.orders = orders;
    }

    /**
     * Serves the checkpoint's state, has the order signed and gives it to the swarm.
     *
     * @param bearer an operator's token
     */
    public Order.Rollback rollBack(long checkpointId, String bearer) throws RollbackRefusedException {
        Checkpoint checkpoint = catalog.find(checkpointId)
                .orElseThrow(() -> new RollbackRefusedException(
                        Reason.UNKNOWN_CHECKPOINT,
                        "There is no checkpoint " + checkpointId + "; GET /api/v1/checkpoints lists those that are"));
        LoadedCheckpoint loaded = keeper.load(checkpoint)
                .orElseThrow(() -> new RollbackRefusedException(
                        Reason.UNUSABLE_CHECKPOINT,
                        "The files of checkpoint " + checkpointId + " are damaged or gone; choose another one"));
        swarm.serve(checkpoint.state(), loaded.state());
        SignedOrder order = verified(orders.orderRollback(checkpoint.state(), bearer));
        if (!(order.order() instanceof Order.Rollback rollback)
                || !rollback.state().equals(checkpoint.state())) {
            throw new RollbackRefusedException(
                    Reason.AUTH_SERVICE_FAILED, "The auth service signed another order than the one asked for");
        }
        submit(order);
        catalog.note(rollback);
        log.info(
                "Order {}: the swarm goes back to epoch {}, state {}, as generation {}",
                rollback.number(),
                rollback.state().epoch(),
                rollback.state().digest().abbreviated(),
                rollback.generation());
        return rollback;
    }

    private SignedOrder verified(byte[] bytes) throws RollbackRefusedException {
        try {
            return SignedOrder.verify(bytes, swarm.authority(), swarm.run().run());
        } catch (InvalidOrderException e) {
            throw new RollbackRefusedException(
                    Reason.AUTH_SERVICE_FAILED, "The auth service's order cannot be used: " + e.getMessage(), e);
        }
    }

    private void submit(SignedOrder order) throws RollbackRefusedException {
        try {
            swarm.submit(order).get(SUBMIT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new RollbackRefusedException(
                    Reason.NOT_ACCEPTED,
                    "The swarm does not accept the order: "
                            + (e.getCause() == null
                                    ? e.getMessage()
                                    : e.getCause().getMessage()),
                    e);
        } catch (TimeoutException e) {
            throw new RollbackRefusedException(
                    Reason.NOT_ACCEPTED,
                    "The order is signed, but this peer did not take it within " + SUBMIT_TIMEOUT.toSeconds() + " s",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RollbackRefusedException(Reason.NOT_ACCEPTED, "This service is stopping", e);
        }
    }
}
