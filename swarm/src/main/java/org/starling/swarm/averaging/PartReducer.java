package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.wire.proto.PartReply;

/**
 * One part on its way to an average: what has arrived, and who waits for the answer. The sum is taken in the order of the
 * members, so that it can be recomputed.
 */
final class PartReducer {
    private final Group group;
    private final Group.Part part;
    private final float[] @Nullable [] contributions;
    private final int[] offsets;
    private final List<CompletableFuture<PartReply>> waiting = new ArrayList<>();
    private final long createdAtNanos;
    private int holds;
    private boolean reducing;

    PartReducer(Group group, Group.Part part, long createdAtNanos) {
        this.group = group;
        this.part = part;
        this.contributions = new float[group.members().size()][];
        this.offsets = new int[group.members().size()];
        this.createdAtNanos = createdAtNanos;
    }

    Group.Part part() {
        return part;
    }

    long createdAtNanos() {
        return createdAtNanos;
    }

    /** Puts in a member's gradient; the part begins at the offset of the array. */
    void contribute(int member, float[] values, int offset) {
        contributions[member] = values;
        offsets[member] = offset;
    }

    CompletableFuture<PartReply> awaitResult() {
        CompletableFuture<PartReply> future = new CompletableFuture<>();
        waiting.add(future);
        return future;
    }

    List<CompletableFuture<PartReply>> waiting() {
        return waiting;
    }

    /** Nothing is reduced until it is released as often as it was held. */
    void hold() {
        holds++;
    }

    void release() {
        holds--;
    }

    boolean hasFrom(int member) {
        return contributions[member] != null;
    }

    /** Whether everybody who still counts has contributed; true at most once. */
    boolean readyOnce(BitSet absent) {
        if (reducing || holds > 0) {
            return false;
        }
        for (int member = 0; member < contributions.length; member++) {
            if (!hasFrom(member) && !absent.get(member)) {
                return false;
            }
        }
        reducing = true;
        return true;
    }

    /** The mean, weighted by samples, of what has arrived; encoded. Heavy: call it on a worker. */
    PartReply reduce(Codec codec) {
        int n = part.elements();
        float[] mean = new float[n];
        BitSet included = new BitSet();
        double total = 0;
        for (int member = 0; member < contributions.length; member++) {
            if (hasFrom(member)) {
                total += group.members().get(member).samples();
            }
        }
        for (int member = 0; member < contributions.length; member++) {
            float[] values = contributions[member];
            if (values == null) {
                continue;
            }
            included.set(member);
            float weight = total == 0 ? 0 : (float) (group.members().get(member).samples() / total);
            int offset = offsets[member];
            for (int i = 0; i < n; i++) {
                mean[i] += weight * values[offset + i];
            }
        }
        return PartReply.newBuilder()
                .setPayload(UnsafeByteOperations.unsafeWrap(codec.encode(mean, 0, n)))
                .setIncluded(ByteString.copyFrom(included.toByteArray()))
                .build();
    }
}
