package org.starling.swarm.node;

import com.google.protobuf.UnsafeByteOperations;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.proto.DescribeStateRequest;
import org.starling.swarm.wire.proto.FetchStateChunkRequest;
import org.starling.swarm.wire.proto.StateChunk;
import org.starling.swarm.wire.proto.StateDescription;

/**
 * Serves states to other peers: those that were put here, and a copy of the replica's current one, made when somebody asks
 * for it and kept until newer ones push it out, so that a download outlives a few epochs. Also lines up everything that
 * touches the replica. Confined to the protocol thread.
 */
final class StateServer {
    private static final int MAX_PINNED = 4;
    private static final int MAX_COPIES = 2;

    private final Scheduler scheduler;
    private final Map<Digest, StateSnapshot> pinned = BoundedMaps.ofNewest(MAX_PINNED);
    private final Map<Digest, CompletableFuture<StateSnapshot>> copies = BoundedMaps.ofNewest(MAX_COPIES);
    private CompletableFuture<?> lastAccess = CompletableFuture.completedFuture(null);

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
    CompletableFuture<StateDescription> describe(
            DescribeStateRequest request, boolean isCurrent, Supplier<StateSnapshot> copy) {
        Digest digest = Digest.of(request.getStateDigest());
        if (isCurrent && !pinned.containsKey(digest)) {
            copies.computeIfAbsent(digest, d -> withReplica(copy::get));
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
        StateSnapshot kept = pinned.get(digest);
        if (kept != null) {
            return CompletableFuture.completedFuture(kept);
        }
        CompletableFuture<StateSnapshot> copy = copies.get(digest);
        return copy == null ? CompletableFuture.failedFuture(unknown(digest)) : copy;
    }

    private static RefusalException unknown(Digest digest) {
        return new RefusalException(
                RefusalException.Reason.UNKNOWN_STATE, "The state " + digest.abbreviated() + " is not here (any more)");
    }

    private static StateDescription toMessage(StateSnapshot snapshot) {
        StateDescription.Builder message = StateDescription.newBuilder()
                .setBytes(snapshot.description().bytes())
                .setChunkBytes(snapshot.description().chunkBytes());
        snapshot.description().chunks().forEach(chunk -> message.addChunkHashes(chunk.toByteString()));
        return message.build();
    }
}
