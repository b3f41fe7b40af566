package org.starling.swarm.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.FetchRecordsRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/** Fetches records that this peer does not keep (any more). Confined to the protocol thread. */
final class History {
    static final int MAX_RECORDS_AT_ONCE = 64;

    private static final Duration DEADLINE = Duration.ofSeconds(20);
    /** A lost call is not yet a sign that nobody has a record. */
    private static final int ATTEMPTS = 3;

    private static final int REMEMBERED = 64;
    private static final Duration CONNECT_INTERVAL = Duration.ofSeconds(10);
    /** For all that lies between two chains; whoever needs it longer comes back to it with the newest heads. */
    private static final Duration CONNECT_DEADLINE = Duration.ofMinutes(2);

    private final String run;
    private final Ledger ledger;
    private final PeerDirectory directory;
    private final Transport transport;
    private final Scheduler scheduler;
    private final Consumer<EpochRecordMessage> acceptor;
    private final Set<Digest> learning = new HashSet<>();
    private CompletableFuture<Void> connecting = CompletableFuture.completedFuture(null);
    private long connectAgainNanos = Long.MIN_VALUE;
    /** How often which record was sought in vain. */
    private final Map<Digest, Integer> vain = BoundedMaps.ofLastUsed(REMEMBERED);

    private long failures;

    /** @param acceptor takes verified records into the ledger */
    History(
            String run,
            Ledger ledger,
            PeerDirectory directory,
            Transport transport,
            Scheduler scheduler,
            Consumer<EpochRecordMessage> acceptor) {
        this.acceptor = acceptor;
        this.run = run;
        this.ledger = ledger;
        this.directory = directory;
        this.transport = transport;
        this.scheduler = scheduler;
    }

    /** Records from the given one backwards, as far as they are to be had and up to the limit. */
    CompletableFuture<List<EpochRecord>> fetch(Digest from, int limit) {
        CompletableFuture<List<EpochRecord>> result = new CompletableFuture<>();
        extend(from, limit, new ArrayList<>(), result);
        return result;
    }

    private void extend(
            Digest next, int limit, List<EpochRecord> history, CompletableFuture<List<EpochRecord>> result) {
        Digest missing = next;
        for (EpochRecord record : ledger.chainFrom(next, limit - history.size())) {
            history.add(record);
            missing = record.parent();
        }
        List<Endpoint> peers = directory.alive().stream()
                .flatMap(peer -> peer.endpoint().stream())
                .toList();
        ask(peers, 0, missing, limit - history.size(), messages -> {
            List<EpochRecord> found = messages.stream().map(this::parse).toList();
            history.addAll(found);
            if (found.isEmpty() || history.size() >= limit) {
                result.complete(List.copyOf(history));
            } else {
                extend(found.get(found.size() - 1).parent(), limit, history, result);
            }
        });
    }

    private EpochRecord parse(EpochRecordMessage message) {
        return EpochRecord.parse(message.getBody(), run);
    }

    /** Takes in the newest record of a peer that may be ahead or on a fork, unless it is known. Asks for each once at a time. */
    void learn(Digest head, Endpoint peer) {
        if (ledger.find(head).isPresent() || !learning.add(head)) {
            return;
        }
        ask(List.of(peer), 0, head, 1, found -> {
            learning.remove(head);
            takeIn(found);
        });
    }

    /**
     * The same as {@link #connect(EpochRecord, Digest, Optional, List)} for a question that comes up again and again; asks now and
     * then.
     */
    void connect(EpochRecord head, Digest own, Optional<Digest> root, List<Endpoint> peers, long nowNanos) {
        if (nowNanos >= connectAgainNanos) {
            connectAgainNanos = nowNanos + CONNECT_INTERVAL.toNanos();
            connect(head, own, root, peers);
        }
    }

    /**
     * Finds out how two chains hang together: takes in the ancestors of the one of which less is known, until they meet what is
     * known, if they do. One chain at a time, and for two minutes at most; a chain that leads nowhere leaves nothing behind.
     *
     * @param own where this peer stands
     * @param root where the generation begins; empty if that is not known
     * @param peers that should have the chain
     * @return completes when the records are here, or cannot be had
     */
    CompletableFuture<Void> connect(EpochRecord head, Digest own, Optional<Digest> root, List<Endpoint> peers) {
        if (connecting.isDone()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            connecting = done;
            Scheduler.Cancellable timeout = scheduler.schedule(CONNECT_DEADLINE, () -> done.complete(null));
            done.whenComplete(scheduler.guarded((nothing, failure) -> timeout.cancel()));
            Digest missing = missing(head, own, root);
            extendDown(missing, root, peers, new ArrayList<>(), done, () -> {
                vain.merge(missing, 1, Integer::sum);
                failures++;
            });
        }
        return connecting;
    }

    /** What has to be found first to tell how two chains hang together. */
    private Digest missing(EpochRecord head, Digest own, Optional<Digest> root) {
        EpochRecord oldest = oldest(head.id()).orElse(head);
        EpochRecord oldestOwn = oldest(own)
                .filter(o -> root.filter(o.parent()::equals).isEmpty())
                .orElse(oldest);
        return (oldestOwn.epoch() > oldest.epoch() ? oldestOwn : oldest).parent();
    }

    /** Whether it was tried several times to connect these, and nobody who was asked has what lies between. */
    boolean isInVain(EpochRecord head, Digest own, Optional<Digest> root) {
        return vain.getOrDefault(missing(head, own, root), 0) >= ATTEMPTS;
    }

    /** Grows when something could not be connected. */
    long failures() {
        return failures;
    }

    /** Whether two places hang together as far as is known here. */
    boolean areConnected(Digest one, Digest other) {
        Set<Digest> places = places(one);
        return places(other).stream().anyMatch(places::contains);
    }

    /** A place and those before it, back to the first whose record is not here. */
    private Set<Digest> places(Digest place) {
        Set<Digest> places = new HashSet<>(Set.of(place));
        ledger.chainFrom(place, Integer.MAX_VALUE).forEach(record -> places.add(record.parent()));
        return places;
    }

    private Optional<EpochRecord> oldest(Digest head) {
        List<EpochRecord> known = ledger.chainFrom(head, Integer.MAX_VALUE);
        return known.isEmpty() ? Optional.empty() : Optional.of(known.get(known.size() - 1));
    }

    private void extendDown(
            Digest missing,
            Optional<Digest> root,
            List<Endpoint> peers,
            List<EpochRecordMessage> newestFirst,
            CompletableFuture<Void> done,
            Runnable failed) {
        ask(peers, 0, missing, Ledger.MAX_RECORDS - newestFirst.size(), found -> {
            if (done.isDone()) {
                return;
            }
            for (EpochRecordMessage message : found) {
                newestFirst.add(message);
                Digest parent = parse(message).parent();
                if (ledger.find(parent).isPresent()
                        || root.filter(parent::equals).isPresent()) {
                    try {
                        takeIn(newestFirst);
                    } finally {
                        // whatever becomes of these, chains that come later are to be connected
                        done.complete(null);
                    }
                    return;
                }
            }
            if (found.isEmpty()) {
                failed.run();
                done.complete(null);
            } else {
                extendDown(parse(found.get(found.size() - 1)).parent(), root, peers, newestFirst, done, failed);
            }
        });
    }

    private void takeIn(List<EpochRecordMessage> newestFirst) {
        for (int i = newestFirst.size() - 1; i >= 0; i--) {
            acceptor.accept(newestFirst.get(i));
        }
    }

    private void ask(List<Endpoint> peers, int index, Digest from, int limit, Consumer<List<EpochRecordMessage>> then) {
        if (index >= peers.size() || limit <= 0) {
            then.accept(List.of());
            return;
        }
        transport
                .call(
                        peers.get(index),
                        SwarmGrpc.getFetchRecordsMethod(),
                        FetchRecordsRequest.newBuilder()
                                .setFrom(from.toByteString())
                                .setLimit(Math.min(limit, MAX_RECORDS_AT_ONCE))
                                .build(),
                        DEADLINE)
                .whenComplete(scheduler.guarded((reply, failure) -> {
                    List<EpochRecordMessage> chain =
                            failure == null ? EpochRecords.linked(reply, from, run) : List.of();
                    if (chain.isEmpty()) {
                        ask(peers, index + 1, from, limit, then);
                    } else {
                        then.accept(chain);
                    }
                }));
    }
}
