package org.starling.swarm.node;

import com.google.protobuf.UnsafeByteOperations;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.proto.DescribeStateRequest;
import org.starling.swarm.wire.proto.FetchStateChunkRequest;
import org.starling.swarm.wire.proto.StateChunk;

/**
 * Serves states to other peers: those that were put here, and a copy of the replica's current one, made when somebody asks
 * for it and kept until newer ones push it out, so that a download outlives a few epochs. Small states are copied whether
 * anybody asks or not: where they are small an epoch may be shorter than a call takes, and whoever asks would always find that
 * the replica has just gone on. Also lines up everything that touches the replica. Confined to the protocol thread.
 */
final class StateServer {
    private static final int MAX_PINNED = 4;
    private static final int MAX_COPIES = 2;
    private static final int MAX_SMALL_COPIES = 8;
    private static final long SMALL_BYTES = StateDescription.CHUNK_BYTES;

    private final Scheduler scheduler;
    private final Map<Digest, StateSnapshot> pinned = BoundedMaps.ofNewest(MAX_PINNED);
    private final Map<Digest, CompletableFuture<StateSnapshot>> copies = BoundedMaps.ofNewest(MAX_COPIES);
    private final Map<Digest, StateSnapshot> recent = BoundedMaps.ofNewest(MAX_SMALL_COPIES);
    private CompletableFuture<?> lastAccess = CompletableFuture.completedFuture(null);

    /** @param copy of a small state */
    private record Changed(Digest digest, Optional<StateSnapshot> copy) {
        static Changed to(StateBytes state) {
            if (state.size() > SMALL_BYTES) {
                return new Changed(StateDescription.of(state).digest(), Optional.empty());
            }
            StateSnapshot copy = StateSnapshot.copyOf(state);
            return new Changed(copy.description().digest(), Optional.of(copy));
        }
    }

    StateServer(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Does something with the replica on a worker, after everything that was asked for before. */
    <T> CompletableFuture<T> withReplica(Callable<T> work) {
        CompletableFuture<T> access =
                lastAccess.handle((value, failure) -> true).thenCompose(ready -> scheduler.compute(work));
        lastAccess = access;
        return access;
    }

    /** The same with what changes the replica; the future tells the state that it is in then. */
    CompletableFuture<Digest> change(Replica replica, Runnable change) {
        return withReplica(() -> {
                    change.run();
                    return Changed.to(replica.state());
                })
                .thenApply(now -> {
                    now.copy().ifPresent(copy -> recent.put(now.digest(), copy));
                    return now.digest();
                });
    }

    void pin(Digest digest, StateSnapshot snapshot) {
        pinned.remove(digest);
        pinned.put(digest, snapshot);
    }

    /** The states that are here whatever the replica does. */
    Set<Digest> pinned() {
        return pinned.keySet();
    }

    /**
     * Describes a state.
     *
     * @param isCurrent whether the replica is in that state and will be when the work is done
     * @param copy copies the replica's state
     */
    CompletableFuture<org.starling.swarm.wire.proto.StateDescription> describe(
            DescribeStateRequest request, boolean isCurrent, Supplier<StateSnapshot> copy) {
        Digest digest = Digest.of(request.getStateDigest());
        if (isCurrent && kept(digest) == null) {
            CompletableFuture<StateSnapshot> made = copies.computeIfAbsent(digest, d -> withReplica(copy::get));
            // one that could not be made can be made when somebody asks again
            made.whenComplete(scheduler.guarded((snapshot, failure) -> {
                if (failure != null) {
                    copies.remove(digest, made);
                }
            }));
        }
        return find(digest).thenApply(snapshot -> {
            if (!snapshot.description().digest().equals(digest)) {
                copies.remove(digest);
                throw unknown(digest);
            }
            return toMessage(snapshot);
        });
    }

    CompletableFuture<StateChunk> chunk(FetchStateChunkRequest request) {
        return find(Digest.of(request.getStateDigest())).thenApply(snapshot -> {
            if (request.getChunk() < 0
                    || request.getChunk() >= snapshot.description().chunks().size()) {
                throw new RefusalException(
                        RefusalException.Reason.MALFORMED, "The state has no chunk " + request.getChunk());
            }
            return StateChunk.newBuilder()
                    .setPayload(UnsafeByteOperations.unsafeWrap(snapshot.chunk(request.getChunk())))
                    .build();
        });
    }

    private CompletableFuture<StateSnapshot> find(Digest digest) {
        StateSnapshot kept = kept(digest);
        if (kept != null) {
            return CompletableFuture.completedFuture(kept);
        }
        CompletableFuture<StateSnapshot> copy = copies.get(digest);
        return copy == null ? CompletableFuture.failedFuture(unknown(digest)) : copy;
    }

    private @Nullable StateSnapshot kept(Digest digest) {
        StateSnapshot put = pinned.get(digest);
        return put == null ? recent.get(digest) : put;
    }

    private static RefusalException unknown(Digest digest) {
        return new RefusalException(
                RefusalException.Reason.UNKNOWN_STATE, "The state " + digest.abbreviated() + " is not here (any more)");
    }

    private static org.starling.swarm.wire.proto.StateDescription toMessage(StateSnapshot snapshot) {
        org.starling.swarm.wire.proto.StateDescription.Builder message =
                org.starling.swarm.wire.proto.StateDescription.newBuilder()
                        .setBytes(snapshot.description().bytes())
                        .setChunkBytes(snapshot.description().chunkBytes());
        snapshot.description().chunks().forEach(chunk -> message.addChunkHashes(chunk.toByteString()));
        return message.build();
    }
}
