package org.starling.checkpoint.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.starling.checkpoint.swarm.SwarmAccess;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.state.StateUnavailableException;
import org.starling.swarm.wire.proto.EpochRecordMessage;

/** A swarm in memory: commits the epochs that a test asks for. */
public final class InMemorySwarm implements SwarmAccess {
    private static final java.util.Comparator<EpochRecord> HEAVIER = java.util.Comparator.comparingLong(
                    EpochRecord::generation)
            .thenComparingLong(EpochRecord::totalSamples)
            .thenComparing(EpochRecord::id);
    private final AuthorityKey key = AuthorityKey.create();
    private final Map<Digest, StateSnapshot> states = new LinkedHashMap<>();
    private final List<SignedOrder> orders = new ArrayList<>();
    private final List<StateReference> served = new ArrayList<>();
    private final List<EpochRecord> adopted = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private @Nullable EpochRecord head;

    /** Commits an epoch; its state can be fetched from now on. */
    public synchronized EpochRecord commit(long generation, long epoch) {
        EpochRecord record = ToyRun.record(generation, epoch);
        states.put(record.stateAfter(), ToyRun.state(generation, epoch));
        head = record;
        return record;
    }

    /** No peer has any state any more. */
    public synchronized void forgetStates() {
        states.clear();
    }

    public synchronized SignedOrder signRollback(long number, long generation, StateReference state) {
        return SignedOrder.sign(
                new Order.Rollback(run().run(), number, Instant.ofEpochSecond(number), generation, state), key);
    }

    /** Orders that were known before the service starts. */
    public synchronized void knew(SignedOrder order) {
        orders.add(order);
    }

    public synchronized List<StateReference> served() {
        return List.copyOf(served);
    }

    public synchronized List<EpochRecord> adopted() {
        return List.copyOf(adopted);
    }

    /** What was asked of the swarm, in order: {@code serve <epoch>} and {@code submit <number>}. */
    public synchronized List<String> events() {
        return List.copyOf(events);
    }

    /** As after a restart of the service. */
    public synchronized void forget() {
        states.clear();
        orders.clear();
        served.clear();
        adopted.clear();
        events.clear();
        head = null;
    }

    @Override
    public RunConfiguration run() {
        return ToyRun.CONFIGURATION;
    }

    @Override
    public TrustedAuthority authority() {
        return TrustedAuthority.ofJwks("https://auth.example", AuthorityKey.toJwks(List.of(key)));
    }

    @Override
    public synchronized List<SignedOrder> orders() {
        return List.copyOf(orders);
    }

    @Override
    public synchronized Optional<EpochRecord> head() {
        return Optional.ofNullable(head);
    }

    @Override
    public OptionalDouble validationLoss() {
        return OptionalDouble.of(2.5);
    }

    @Override
    public synchronized CompletableFuture<StateSnapshot> fetchState(StateReference state, Duration patience) {
        StateSnapshot snapshot = states.get(state.digest());
        return snapshot == null
                ? CompletableFuture.failedFuture(new StateUnavailableException("no peer has it"))
                : CompletableFuture.completedFuture(snapshot);
    }

    @Override
    public synchronized void serve(StateReference state, StateSnapshot snapshot) {
        if (!snapshot.description().digest().equals(state.digest())) {
            throw new IllegalArgumentException("served another state than named");
        }
        served.add(state);
        events.add("serve " + state.epoch());
    }

    @Override
    public synchronized CompletableFuture<Optional<EpochRecordMessage>> exportRecord(Digest recordId) {
        return CompletableFuture.completedFuture(head().filter(
                        record -> record.id().equals(recordId))
                .map(record ->
                        EpochRecordMessage.newBuilder().setBody(record.bytes()).build()));
    }

    @Override
    public synchronized CompletableFuture<Boolean> adopt(EpochRecordMessage message) {
        EpochRecord record = EpochRecord.parse(message.getBody(), run().run());
        adopted.add(record);
        if (head == null || HEAVIER.compare(record, head) > 0) {
            head = record;
        }
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public synchronized CompletableFuture<Void> submit(SignedOrder order) {
        orders.add(order);
        events.add("submit " + order.order().number());
        return CompletableFuture.completedFuture(null);
    }
}
