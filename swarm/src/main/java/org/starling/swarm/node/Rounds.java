package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.averaging.Round;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.GroupManifestMessage;

/**
 * The rounds that this peer remembers, and the calls for a group whose manifest is still on its way here: members that got
 * it earlier have begun to send. Confined to the protocol thread.
 */
final class Rounds {
    private static final int REMEMBERED = 3;

    private final Supplier<AveragingSettings> settings;
    private final Scheduler scheduler;
    private final Map<ByteString, Round> rounds = BoundedMaps.ofNewest(REMEMBERED);
    private final Map<ByteString, List<Runnable>> early = new LinkedHashMap<>();

    Rounds(Supplier<AveragingSettings> settings, Scheduler scheduler) {
        this.settings = settings;
        this.scheduler = scheduler;
    }

    void remember(Round round) {
        rounds.put(round.group().id(), round);
    }

    /** Lets those in that came before the round had begun here. */
    void answerEarlyCalls(Round round) {
        List<Runnable> waiting = early.remove(round.group().id());
        if (waiting != null) {
            waiting.forEach(Runnable::run);
        }
    }

    /**
     * The manifest of a round that has begun, for a member whom this peer leads and who has lost it, so that nothing has come
     * from it; empty for others.
     *
     * @param samples that the member claims, as it did the first time
     */
    Optional<GroupManifestMessage> manifestFor(PeerId member, RoundKey round, long samples) {
        return rounds.values().stream()
                .filter(begun -> begun.group().round().equals(round) && begun.isAwaitedLeaderOf(member, samples))
                .map(begun -> begun.group().message())
                .findFirst();
    }

    /** @throws RefusalException if the group is unknown */
    Round require(ByteString groupId) {
        Round known = rounds.get(groupId);
        if (known == null) {
            throw new RefusalException(Reason.UNKNOWN_GROUP, "This peer knows no such group");
        }
        return known;
    }

    /**
     * Makes a call to a round.
     *
     * @param mayBegin whether this peer is about to begin one, so that an unknown group may be worth waiting for
     */
    <R extends Message> CompletableFuture<R> call(
            ByteString groupId, boolean mayBegin, Function<Round, CompletableFuture<R>> call) {
        if (rounds.containsKey(groupId) || !mayBegin || early.size() >= REMEMBERED && !early.containsKey(groupId)) {
            return call.apply(require(groupId));
        }
        List<Runnable> waiting = early.computeIfAbsent(groupId, id -> new ArrayList<>());
        if (waiting.size() >= Group.MAX_SUBGROUP_MEMBERS * settings.get().partsInFlight()) {
            throw new RefusalException(Reason.BUSY, "Too many calls for a group that has not begun here");
        }
        CompletableFuture<R> reply = new CompletableFuture<>();
        Scheduler.Cancellable timeout = scheduler.schedule(settings.get().partTimeout(), () -> {
            early.remove(groupId);
            reply.completeExceptionally(
                    new RefusalException(Reason.UNKNOWN_GROUP, "The group has not begun for this peer"));
        });
        waiting.add(() -> {
            // from here on the round answers in its own time
            timeout.cancel();
            try {
                call.apply(require(groupId)).whenComplete(scheduler.guarded(Futures.into(reply)));
            } catch (RuntimeException e) {
                reply.completeExceptionally(e);
            }
        });
        return reply;
    }
}
