package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.starling.swarm.averaging.Round;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Caller;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.GroupManifestMessage;

/**
 * The rounds that this peer remembers, and the {@link EarlyCalls} for those that are about to begin. Confined to the protocol thread.
 */
final class Rounds {
    private static final int REMEMBERED = 3;
    /** Who may be in a group. */
    private static final Set<Role> MEMBERS = Set.of(Role.TRAINER, Role.AUXILIARY);

    private final Map<ByteString, Round> rounds = BoundedMaps.ofNewest(REMEMBERED);
    private final EarlyCalls early;

    Rounds(Supplier<AveragingSettings> settings, Scheduler scheduler) {
        this.early = new EarlyCalls(settings, scheduler);
    }

    void remember(Round round) {
        rounds.values().forEach(Round::supersede);
        rounds.put(round.group().id(), round);
    }

    /** Lets those in that came before the round had begun here. */
    void answerEarlyCalls(Round round) {
        early.begin(round.group().id());
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
     * @param request kept while the round has not begun
     * @param mayBegin whether this peer is about to begin one, so that an unknown group may be worth waiting for
     * @throws RefusalException if the group is unknown and not waited for
     */
    <R extends Message> CompletableFuture<R> call(
            Caller caller,
            ByteString groupId,
            Message request,
            boolean mayBegin,
            Function<Round, CompletableFuture<R>> call) {
        boolean wait = !rounds.containsKey(groupId)
                && mayBegin
                && !Collections.disjoint(caller.token().roles(), MEMBERS);
        return wait
                ? early.keep(caller.peer(), groupId, request.getSerializedSize(), () -> call.apply(require(groupId)))
                : call.apply(require(groupId));
    }
}
