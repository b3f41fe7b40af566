package org.starling.metrics.collect;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.metrics.chain.Chain;
import org.starling.metrics.chain.Link;
import org.starling.metrics.store.EpochKey;
import org.starling.metrics.store.MetricsStore;
import org.starling.metrics.swarm.SwarmView;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeListener;
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
    private final MetricsStore store;
    private final Queue<EpochRecord> records = new ConcurrentLinkedQueue<>();
    private final Queue<Order.Rollback> rollbacks = new ConcurrentLinkedQueue<>();
    private final Map<Word, PeerView> words = new ConcurrentHashMap<>();
    private final List<Consumer<Set<EpochKey>>> listeners = new ArrayList<>();
    private final Chain chain = new Chain();
    private final Map<Digest, EpochKey> keys = new HashMap<>();
    private boolean loaded;
    private volatile boolean asking;
    private volatile long askedAtNanos = System.nanoTime() - HISTORY_PAUSE_NANOS;

    public Collector(SwarmView swarm, MetricsStore store) {
        this.swarm = swarm;
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

    /** Stores what has been heard since the last call. Blocks as long as the database takes. */
    public void collect() {
        if (!loaded) {
            load();
        }
        Set<EpochKey> changed = new HashSet<>();
        takeRollbacks();
        takeRecords(changed);
        takePeers(changed);
        fillGap();
        if (!changed.isEmpty()) {
            listeners.forEach(listener -> listener.accept(Set.copyOf(changed)));
        }
    }

    private void load() {
        store.links().forEach(this::remember);
        swarm.orders().forEach(this::ordered);
        store.rollbacks()
                .forEach(rollback -> chain.rollback(
                        rollback.generation(),
                        new StateReference(
                                rollback.epoch(), rollback.samples(), Digest.parse(rollback.stateDigest()))));
        swarm.status().head().ifPresent(records::add);
        loaded = true;
    }

    private void remember(Link link) {
        chain.add(link);
        keys.put(link.id(), new EpochKey(link.generation(), link.epoch()));
    }

    private void takeRollbacks() {
        for (Order.Rollback order = rollbacks.poll(); order != null; order = rollbacks.poll()) {
            store.save(order);
            chain.rollback(order.generation(), order.state());
        }
    }

    private void takeRecords(Set<EpochKey> changed) {
        Map<Digest, EpochRecord> fresh = new LinkedHashMap<>();
        for (EpochRecord record = records.poll(); record != null; record = records.poll()) {
            if (!chain.contains(record.id())) {
                fresh.put(record.id(), record);
            }
        }
        fresh.values().forEach(record -> remember(Link.of(record)));
        Chain.Change change = chain.settle();
        if (fresh.isEmpty() && change.joined().isEmpty() && change.left().isEmpty()) {
            return;
        }
        store.save(fresh.values(), change);
        fresh.keySet().forEach(id -> changed.add(keys.get(id)));
        change.joined().forEach(id -> changed.add(keys.get(id)));
        change.left().forEach(id -> changed.add(keys.get(id)));
        if (!change.left().isEmpty()) {
            log.info(
                    "{} epochs no longer count: the swarm went back, or another fork is heavier",
                    change.left().size());
        }
    }

    private void takePeers(Set<EpochKey> changed) {
        for (Word word : List.copyOf(words.keySet())) {
            PeerView peer = words.remove(word);
            if (peer != null) {
                store.save(peer);
                if (peer.progress() != null) {
                    changed.add(new EpochKey(
                            peer.progress().getGeneration(), peer.progress().getEpoch()));
                    peer.progress()
                            .getEvaluationsList()
                            .forEach(e -> changed.add(new EpochKey(e.getGeneration(), e.getEpoch())));
                }
            }
        }
    }

    private void fillGap() {
        Optional<Digest> missing = chain.missing();
        if (missing.isEmpty() || asking || System.nanoTime() - askedAtNanos < HISTORY_PAUSE_NANOS) {
            return;
        }
        asking = true;
        swarm.fetchHistory(missing.get(), HISTORY).whenComplete((history, failure) -> {
            if (failure == null) {
                records.addAll(history);
            } else {
                log.info(
                        "The epochs before {} are not to be had now: {}",
                        missing.get().abbreviated(),
                        failure.getMessage());
            }
            askedAtNanos =
                    failure == null && !history.isEmpty() ? System.nanoTime() - HISTORY_PAUSE_NANOS : System.nanoTime();
            asking = false;
        });
    }
}
