package org.starling.metrics.collect;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.metrics.store.ChainStore;
import org.starling.metrics.store.EpochKey;
import org.starling.metrics.store.MetricsStore;
import org.starling.metrics.store.Reach;
import org.starling.metrics.store.RollbackPoint;
import org.starling.metrics.swarm.SwarmView;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.wire.proto.Progress;

/**
 * Stores what the node hears. Listening only queues, and of each peer only its last word in an epoch; {@link #collect} does the rest and
 * is called by one thread.
 */
public final class Collector implements NodeListener {
    private static final Logger log = LoggerFactory.getLogger(Collector.class);
    private static final int HISTORY = 512;
    private static final long HISTORY_PAUSE_NANOS = Duration.ofSeconds(5).toNanos();
    /** Beyond this a database that is away costs records, which are fetched again later. */
    private static final int MAX_QUEUED = 20_000;

    private final SwarmView swarm;
    private final ChainStore chain;
    private final MetricsStore store;
    private final Queue<EpochRecord> records = new ConcurrentLinkedQueue<>();
    private final Queue<Order.Rollback> rollbacks = new ConcurrentLinkedQueue<>();
    private final Map<Word, PeerView> words = new ConcurrentHashMap<>();
    private final List<Consumer<Set<EpochKey>>> listeners = new ArrayList<>();
    private boolean begun;
    private boolean unsettled = true;
    private Optional<Digest> missing = Optional.empty();
    private volatile boolean asking;
    private volatile long askedAtNanos = System.nanoTime() - HISTORY_PAUSE_NANOS;

    public Collector(SwarmView swarm, ChainStore chain, MetricsStore store) {
        this.swarm = swarm;
        this.chain = chain;
        this.store = store;
    }

    /** What a peer has said in an epoch; of that the last counts. */
    private record Word(PeerId peer, long generation, long epoch) {}

    /** Calls the listener, on the collecting thread, with the epochs of which something has changed. Before collecting starts. */
    public void addListener(Consumer<Set<EpochKey>> listener) {
        listeners.add(listener);
    }

    @Override
    public void recordBecameFinal(EpochRecord record) {
        if (records.size() < MAX_QUEUED) {
            records.add(record);
        }
    }

    @Override
    public void peerProgressed(PeerView peer) {
        Progress progress = peer.progress();
        if (words.size() < MAX_QUEUED) {
            words.put(
                    progress == null
                            ? new Word(peer.id(), 0, 0)
                            : new Word(peer.id(), progress.getGeneration(), progress.getEpoch()),
                    peer);
        }
    }

    @Override
    public void ordered(SignedOrder order) {
        if (order.order() instanceof Order.Rollback rollback) {
            rolledBack(rollback);
        }
    }

    /** The swarm goes back to a state; the order's signature has been verified. */
    public void rolledBack(Order.Rollback order) {
        rollbacks.add(order);
    }

    /**
     * Stores what has been heard since the last call. Blocks as long as the database takes; what it refuses is tried again with
     * the next call.
     */
    public void collect() {
        if (!begun) {
            swarm.orders().forEach(this::ordered);
            swarm.status().head().ifPresent(records::add);
            begun = true;
        }
        Set<EpochKey> changed = new HashSet<>();
        try {
            takeRollbacks();
            takeRecords(changed);
            takePeers(changed);
            fillGap();
        } finally {
            if (!changed.isEmpty()) {
                listeners.forEach(listener -> listener.accept(Set.copyOf(changed)));
            }
        }
    }

    private void takeRollbacks() {
        for (Order.Rollback order = rollbacks.peek(); order != null; order = rollbacks.peek()) {
            store.save(order);
            unsettled = true;
            rollbacks.remove();
        }
    }

    private void takeRecords(Set<EpochKey> changed) {
        List<EpochRecord> heard = new ArrayList<>();
        for (EpochRecord record = records.poll(); record != null; record = records.poll()) {
            heard.add(record);
        }
        unsettled |= !heard.isEmpty();
        int left = 0;
        while (unsettled) {
            ChainStore.Step step;
            try {
                step = chain.settle(heard);
            } catch (RuntimeException e) {
                records.addAll(heard);
                throw e;
            }
            heard = List.of();
            changed.addAll(step.epochs());
            left += step.left();
            missing = step.missing();
            unsettled = step.more();
        }
        if (left > 0) {
            log.info("{} epochs no longer count: the swarm went back, or another fork is heavier", left);
        }
    }

    private void takePeers(Set<EpochKey> changed) {
        if (words.isEmpty()) {
            return;
        }
        Reach reach = reach();
        for (Word word : List.copyOf(words.keySet())) {
            PeerView peer = words.remove(word);
            if (peer != null) {
                store.save(peer, reach);
                if (peer.progress() != null) {
                    Stream.concat(
                                    Stream.of(new EpochKey(
                                            peer.progress().getGeneration(),
                                            peer.progress().getEpoch())),
                                    peer.progress().getEvaluationsList().stream()
                                            .map(e -> new EpochKey(e.getGeneration(), e.getEpoch())))
                            .filter(key -> reach.covers(key.generation(), key.epoch()))
                            .forEach(changed::add);
                }
            }
        }
    }

    private Reach reach() {
        NodeStatus status = swarm.status();
        long origin =
                store.rollbacks().stream().mapToLong(RollbackPoint::epoch).max().orElse(0);
        return new Reach(
                status.generation(),
                Math.max(origin, status.head().map(EpochRecord::epoch).orElse(0L)));
    }

    private void fillGap() {
        if (missing.isEmpty() || asking || System.nanoTime() - askedAtNanos < HISTORY_PAUSE_NANOS) {
            return;
        }
        asking = true;
        Digest from = missing.get();
        swarm.fetchHistory(from, HISTORY).whenComplete((history, failure) -> {
            if (failure == null) {
                records.addAll(history);
            } else {
                log.info("The epochs before {} are not to be had now: {}", from.abbreviated(), failure.getMessage());
            }
            askedAtNanos =
                    failure == null && !history.isEmpty() ? System.nanoTime() - HISTORY_PAUSE_NANOS : System.nanoTime();
            asking = false;
        });
    }
}
