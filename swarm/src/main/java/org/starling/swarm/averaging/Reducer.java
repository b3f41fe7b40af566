package org.starling.swarm.averaging;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.wire.proto.PartReply;

/**
 * One part on its way to an average: what has arrived, and who waits for the answer. Sums are taken in the order of the
 * contributors, so that they can be recomputed.
 *
 * @param <C> what is contributed
 */
abstract class Reducer<C> {
    final Group group;
    final Group.Part part;
    private final int first;
    private final List<@Nullable C> contributions = new ArrayList<>();
    private final boolean[] arrived;
    private final List<CompletableFuture<PartReply>> waiting = new ArrayList<>();
    private final long createdAtNanos;
    private boolean reducing;

    /** @param first number of the first contributor */
    Reducer(Group group, Group.Part part, int first, int count, long createdAtNanos) {
        this.group = group;
        this.part = part;
        this.first = first;
        this.arrived = new boolean[count];
        this.createdAtNanos = createdAtNanos;
        for (int i = 0; i < count; i++) {
            contributions.add(null);
        }
    }

    long createdAtNanos() {
        return createdAtNanos;
    }

    /** Puts in what a contributor has sent, unless it is too late or there already. */
    void contribute(int contributor, C value) {
        if (!reducing && !hasFrom(contributor)) {
            arrived[contributor - first] = true;
            contributions.set(contributor - first, value);
        }
    }

    CompletableFuture<PartReply> awaitResult() {
        CompletableFuture<PartReply> reply = new CompletableFuture<>();
        waiting.add(reply);
        return reply;
    }

    List<CompletableFuture<PartReply>> waiting() {
        return waiting;
    }

    boolean isReducing() {
        return reducing;
    }

    boolean hasFrom(int contributor) {
        return arrived[contributor - first];
    }

    /** Whether a contribution would still count. */
    boolean isMissingFrom(int contributor) {
        return !reducing && !hasFrom(contributor);
    }

    /** Whether everybody who still counts has contributed; true at most once. */
    boolean readyOnce(IntPredicate absent) {
        if (reducing) {
            return false;
        }
        boolean any = false;
        for (int i = 0; i < arrived.length; i++) {
            if (!arrived[i] && !absent.test(first + i)) {
                return false;
            }
            any |= arrived[i];
        }
        reducing = any;
        return any;
    }

    /** What has arrived, by contributor, null for what has not; it is let go. */
    final List<@Nullable C> take() {
        List<@Nullable C> taken = new ArrayList<>(contributions);
        contributions.replaceAll(contribution -> null);
        return taken;
    }
}
