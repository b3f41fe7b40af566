package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.GrpcTransport;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;

/**
 * The calls for groups whose manifest is still on its way here: members that got it earlier have begun to send. Nothing tells
 * such a group from one that is made up; so each caller waits for one at a time, with no more than a member has under way to one
 * other, and all together with no more than a reducer has to bear anyway. Confined to the protocol thread.
 */
final class EarlyCalls {
    /** Calls of one caller, by the parts that may be under way: each part may be asked for besides. */
    private static final int CALLS_PER_PART = 4;

    /** Bytes of all callers, by those that one may have under way. */
    private static final int CALLERS = 16;

    private final Supplier<AveragingSettings> settings;
    private final Scheduler scheduler;
    private final Map<PeerId, Guest> guests = new LinkedHashMap<>();
    private long bytes;

    /** Whoever waits, and for which group. */
    private static final class Guest {
        final ByteString groupId;
        final Set<Call<?>> calls = new LinkedHashSet<>();
        long bytes;

        Guest(ByteString groupId) {
            this.groupId = groupId;
        }
    }

    private static final class Call<R> {
        final int bytes;
        final Supplier<CompletableFuture<R>> action;
        final CompletableFuture<R> reply = new CompletableFuture<>();
        Scheduler.Cancellable timeout = () -> {};

        Call(int bytes, Supplier<CompletableFuture<R>> action) {
            this.bytes = bytes;
            this.action = action;
        }
    }

    EarlyCalls(Supplier<AveragingSettings> settings, Scheduler scheduler) {
        this.settings = settings;
        this.scheduler = scheduler;
    }

    /**
     * Keeps a call until its group begins, for as long as a part may take. Calls of the same caller for another group are
     * refused: it has turned to this one.
     *
     * @param size of the request, bytes
     * @param action answers the call once the group has begun
     * @throws RefusalException if too much waits already
     */
    <R> CompletableFuture<R> keep(PeerId caller, ByteString groupId, int size, Supplier<CompletableFuture<R>> action) {
        Guest known = guests.get(caller);
        if (known != null && !known.groupId.equals(groupId)) {
            guests.remove(caller);
            List.copyOf(known.calls).forEach(call -> refuse(caller, known, call));
        }
        Guest guest = guests.computeIfAbsent(caller, peer -> new Guest(groupId));
        long each = settings.get().bytesInFlight() + GrpcTransport.MAX_MESSAGE_BYTES;
        if (guest.calls.size() >= CALLS_PER_PART * settings.get().partsInFlight()
                || guest.bytes + size > each
                || bytes + size > CALLERS * each) {
            throw new RefusalException(Reason.BUSY, "Too many calls for a group that has not begun here");
        }
        Call<R> call = new Call<>(size, action);
        guest.calls.add(call);
        guest.bytes += size;
        bytes += size;
        call.timeout = scheduler.schedule(settings.get().partTimeout(), () -> refuse(caller, guest, call));
        return call.reply;
    }

    private void refuse(PeerId caller, Guest guest, Call<?> call) {
        leave(caller, guest, call);
        call.reply.completeExceptionally(
                new RefusalException(Reason.UNKNOWN_GROUP, "The group has not begun for this peer"));
    }

    private void leave(PeerId caller, Guest guest, Call<?> call) {
        call.timeout.cancel();
        if (guest.calls.remove(call)) {
            guest.bytes -= call.bytes;
            bytes -= call.bytes;
        }
        if (guest.calls.isEmpty()) {
            guests.remove(caller, guest);
        }
    }

    /** Lets those in that came before the group had begun here. From here on the round answers in its own time. */
    void begin(ByteString groupId) {
        new LinkedHashMap<>(guests).forEach((caller, guest) -> {
            if (guest.groupId.equals(groupId)) {
                List.copyOf(guest.calls).forEach(call -> {
                    leave(caller, guest, call);
                    answer(call);
                });
            }
        });
    }

    private <R> void answer(Call<R> call) {
        try {
            call.action.get().whenComplete(scheduler.guarded(Futures.into(call.reply)));
        } catch (RuntimeException e) {
            call.reply.completeExceptionally(e);
        }
    }
}
