package org.starling.swarm.state;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.DescribeStateRequest;
import org.starling.swarm.wire.proto.FetchStateChunkRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Downloads one state, named by its digest, from several peers at once. A description is believed if it hashes to the
 * digest, a chunk if it hashes to the description's entry; a source that fails or lies is not asked again, and its chunk
 * goes to another. A chunk that takes much longer than the others is asked for once more, elsewhere if there is a choice.
 * Confined to the protocol thread; one use.
 */
public final class StateDownload {
    private static final Logger log = LoggerFactory.getLogger(StateDownload.class);
    /** For a call whose bytes do not count. */
    private static final Duration SMALL_CALL = Duration.ofSeconds(15);
    /** What the first chunk may take to come: a home connection at its worst. */
    private static final double SLOWEST_BYTES_PER_SECOND = 200e3;
    /** Of several that come at once by that line. */
    private static final int SHARES = 2;

    private static final Duration CHECK = Duration.ofSeconds(2);
    private static final int CHUNKS_IN_FLIGHT = 2;

    /** A chunk is late after so many times the time of the slowest one before it. */
    private static final int SLOW = 4;

    private final Digest digest;
    private final long maxBytes;
    private final Transport transport;
    private final Scheduler scheduler;
    private final Deque<Endpoint> sources;
    private final List<Endpoint> good = new ArrayList<>();
    private final Deque<Integer> missing = new ArrayDeque<>();
    private final CompletableFuture<StateSnapshot> result = new CompletableFuture<>();
    private final Map<Integer, Long> underWaySince = new LinkedHashMap<>();
    private final Set<Integer> present = new HashSet<>();
    private final List<String> problems = new ArrayList<>();
    private @Nullable StateSnapshot snapshot;
    private long slowestNanos;
    private int nextHelper;
    private int describing;

    private StateDownload(
            Digest digest, long maxBytes, List<Endpoint> sources, Transport transport, Scheduler scheduler) {
        this.digest = digest;
        this.maxBytes = maxBytes;
        this.sources = new ArrayDeque<>(sources);
        this.transport = transport;
        this.scheduler = scheduler;
    }

    /**
     * Starts a download. The future fails with a {@link StateUnavailableException} when no source is left.
     *
     * @param maxBytes of a state that whoever asks for it can use; a larger one is not downloaded
     * @param sources peers that say they have the state, the preferred ones first
     */
    public static CompletableFuture<StateSnapshot> start(
            Digest digest, long maxBytes, List<Endpoint> sources, Transport transport, Scheduler scheduler) {
        StateDownload download = new StateDownload(digest, maxBytes, sources, transport, scheduler);
        download.describeAll();
        download.watch();
        return download.result;
    }

    private void watch() {
        Scheduler.Cancellable check = scheduler.schedule(CHECK, () -> {
            if (!result.isDone()) {
                askAgainForLateChunks();
                watch();
            }
        });
        result.whenComplete(scheduler.guarded((state, failure) -> check.cancel()));
    }

    private void askAgainForLateChunks() {
        StateSnapshot into = snapshot;
        if (into == null || good.isEmpty()) {
            return;
        }
        long chunkBytes =
                Math.min(into.description().bytes(), into.description().chunkBytes());
        long expected = present.isEmpty() ? (long) (chunkBytes / SLOWEST_BYTES_PER_SECOND * 1e9) : SLOW * slowestNanos;
        long patience = Math.max(CHECK.toNanos(), expected);
        for (Map.Entry<Integer, Long> chunk : List.copyOf(underWaySince.entrySet())) {
            if (scheduler.nanoTime() - chunk.getValue() > patience) {
                missing.addFirst(chunk.getKey());
                fetchNext(good.get(nextHelper++ % good.size()), into);
            }
        }
    }

    private void describeAll() {
        describing = sources.size();
        if (describing == 0) {
            fail();
        }
        for (Endpoint source : sources) {
            transport
                    .call(
                            source,
                            SwarmGrpc.getDescribeStateMethod(),
                            DescribeStateRequest.newBuilder()
                                    .setStateDigest(digest.toByteString())
                                    .build(),
                            SMALL_CALL)
                    .whenComplete(scheduler.guarded((reply, failure) -> described(source, reply, failure)));
        }
    }

    private void described(
            Endpoint source,
            org.starling.swarm.wire.proto.@Nullable StateDescription reply,
            @Nullable Throwable failure) {
        describing--;
        if (failure != null || reply == null) {
            problem(source, failure == null ? "no answer" : String.valueOf(failure.getMessage()));
        } else {
            try {
                StateDescription description = new StateDescription(
                        reply.getBytes(),
                        reply.getChunkBytes(),
                        reply.getChunkHashesList().stream().map(Digest::of).toList());
                if (!description.digest().equals(digest)) {
                    throw new IllegalArgumentException("its description is of another state");
                }
                if (description.bytes() > maxBytes) {
                    throw new IllegalArgumentException("it has " + description.bytes() + " bytes, and at most "
                            + maxBytes + " are a state of this model");
                }
                if (snapshot == null) {
                    snapshot = StateSnapshot.of(description);
                    for (int i = 0; i < description.chunks().size(); i++) {
                        missing.add(i);
                    }
                }
                good.add(source);
                for (int i = 0; i < CHUNKS_IN_FLIGHT; i++) {
                    fetchNext(source, snapshot);
                }
            } catch (IllegalArgumentException e) {
                problem(source, String.valueOf(e.getMessage()));
            }
        }
        finishIfDone();
    }

    private void fetchNext(Endpoint source, StateSnapshot into) {
        Integer chunk = missing.poll();
        if (chunk == null || !good.contains(source)) {
            if (chunk != null) {
                missing.addFirst(chunk);
            }
            return;
        }
        long since = scheduler.nanoTime();
        underWaySince.put(chunk, since);
        transport
                .call(
                        source,
                        SwarmGrpc.getFetchStateChunkMethod(),
                        FetchStateChunkRequest.newBuilder()
                                .setStateDigest(digest.toByteString())
                                .setChunk(chunk)
                                .build(),
                        deadline(into.description().length(chunk)))
                .thenCompose(reply -> verify(into, chunk, reply.getPayload()))
                .whenComplete(scheduler.guarded((valid, failure) -> {
                    if (present.contains(chunk)) {
                        // it has come from elsewhere meanwhile
                        fetchNext(source, into);
                    } else if (failure != null || !valid) {
                        if (Long.valueOf(since).equals(underWaySince.get(chunk))) {
                            underWaySince.remove(chunk);
                            missing.addFirst(chunk);
                        }
                        good.remove(source);
                        problem(
                                source,
                                failure == null
                                        ? "chunk " + chunk + " does not match its hash"
                                        : String.valueOf(failure.getMessage()));
                        List.copyOf(good).forEach(other -> fetchNext(other, into));
                    } else {
                        present.add(chunk);
                        missing.remove(chunk);
                        underWaySince.remove(chunk);
                        slowestNanos = Math.max(slowestNanos, scheduler.nanoTime() - since);
                        fetchNext(source, into);
                    }
                    finishIfDone();
                }));
    }

    /** A minute for a full chunk. */
    private static Duration deadline(int bytes) {
        return SMALL_CALL.plusMillis((long) (1000 * SHARES * bytes / SLOWEST_BYTES_PER_SECOND));
    }

    private CompletableFuture<Boolean> verify(StateSnapshot into, int chunk, ByteString payload) {
        return scheduler.compute(() -> into.put(chunk, payload.toByteArray()));
    }

    private void finishIfDone() {
        if (result.isDone()) {
            return;
        }
        if (snapshot != null
                && present.size() == snapshot.description().chunks().size()) {
            result.complete(snapshot);
        } else if (describing == 0 && good.isEmpty() && (snapshot == null || !missing.isEmpty())) {
            // what is late may still come, but the state has gone: a newer one is to be had
            fail();
        }
    }

    private void problem(Endpoint source, String why) {
        log.info("State {} is not to be had from {}: {}", digest.abbreviated(), source, why);
        problems.add(source + ": " + why);
    }

    private void fail() {
        result.completeExceptionally(new StateUnavailableException(
                problems.isEmpty()
                        ? "No peer says that it has the state " + digest.abbreviated()
                        : "No peer gave the state " + digest.abbreviated() + " (" + String.join("; ", problems) + ")"));
    }
}
