package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.SwarmGrpc;
import org.starling.swarm.wire.proto.VoteMessage;
import org.starling.swarm.wire.proto.VotesMessage;

/**
 * Brings the votes that are here to the first {@link Group#tellersOf teller} that is left, a few at a time, and to the next one when it
 * fails or does not tell the outcome in good time; in a small group one's own vote to everybody besides. Confined to the protocol
 * thread; one use.
 */
final class VoteDelivery {
    /** Of members; in larger groups so many calls would cost more than they save. */
    private static final int SMALL_GROUP = 8;

    private static final Duration BUNDLE_DELAY = Duration.ofMillis(100);

    private final Group group;
    private final int self;
    private final Ballot ballot;
    private final AveragingSettings settings;
    private final TimedCalls calls;
    private final Scheduler scheduler;
    private final Course round;
    private final Set<Integer> told = new TreeSet<>();
    private List<Integer> tellers;
    private boolean bundling;

    /** The round that the votes are of. */
    interface Course {
        boolean isDecided();

        /** Whether this member goes on without another. */
        boolean isGone(int member);

        /** Learns the outcome from another member's word; false if that proves nothing. */
        boolean learn(int from, OutcomeMessage word);

        /** Does something later, unless the round has ended by then. */
        void later(Duration delay, Runnable task);

        /** Begins to wait for something that comes with the outcome at the latest. */
        Deadlines.Wait await(Deadline kind, Duration usual);
    }

    VoteDelivery(
            Group group,
            int self,
            Ballot ballot,
            AveragingSettings settings,
            TimedCalls calls,
            Scheduler scheduler,
            Course round) {
        this.group = group;
        this.self = self;
        this.ballot = ballot;
        this.settings = settings;
        this.calls = calls;
        this.scheduler = scheduler;
        this.round = round;
        this.tellers = group.tellersOf(self);
    }

    /** Brings one's own vote, and those of others that are here. */
    void begin(VoteMessage own) {
        // those who have been told of early votes could not decide on them
        tellers = group.tellersOf(self);
        told.clear();
        tell();
        if (group.members().size() <= SMALL_GROUP) {
            tellEverybody(own);
        }
    }

    /** Votes of others have come: brings them at once where there is nothing to wait for, else together with those that follow. */
    void votesHaveCome() {
        if (hasVotesOfSubgroup()) {
            tell();
        } else if (!bundling) {
            bundling = true;
            round.later(BUNDLE_DELAY, () -> {
                bundling = false;
                tell();
            });
        }
    }

    private boolean hasVotesOfSubgroup() {
        Group.Subgroup own = group.subgroupOf(self);
        for (int member = own.first(); member < own.end(); member++) {
            if (!ballot.has(member) && !round.isGone(member)) {
                return false;
            }
        }
        return true;
    }

    /** So that each can count for itself, without the way to a teller and back. */
    private void tellEverybody(VoteMessage own) {
        for (int member : group.acquaintancesOf(self)) {
            boolean teller = !tellers.isEmpty() && tellers.get(0) == member;
            if (!round.isDecided() && !teller && !round.isGone(member)) {
                bring(member, List.of(own)).whenComplete(scheduler.guarded((reply, failure) -> {
                    if (failure == null) {
                        round.learn(member, reply);
                    }
                }));
            }
        }
    }

    /** Reports the votes that are here to the first teller that can be reached, unless it has them. */
    void tell() {
        while (!tellers.isEmpty() && round.isGone(tellers.get(0))) {
            nextTeller();
        }
        if (tellers.isEmpty() || told.equals(ballot.voters())) {
            return;
        }
        int teller = tellers.get(0);
        List<VoteMessage> news = ballot.all().stream()
                .filter(vote -> !told.contains(vote.getMember()))
                .toList();
        if (told.isEmpty()) {
            // it may have died, or keep the votes to itself; one more teller does no harm
            giveTime(teller);
        }
        told.addAll(ballot.voters());
        bring(teller, news).whenComplete(scheduler.guarded((reply, failure) -> {
            if (failure != null || !round.learn(teller, reply)) {
                leave(teller);
            }
        }));
    }

    private CompletableFuture<OutcomeMessage> bring(int member, List<VoteMessage> votes) {
        return calls.call(
                Deadline.VOTE_CALL,
                group.participant(member).endpoint().orElseThrow(),
                SwarmGrpc.getVoteMethod(),
                VotesMessage.newBuilder()
                        .setGroupId(group.id())
                        .addAllVotes(votes)
                        .build(),
                settings.roundTimeout());
    }

    private void giveTime(int teller) {
        Deadlines.Wait wait = round.await(Deadline.TELLER, settings.partTimeout());
        round.later(wait.allowed(), () -> {
            wait.end();
            leave(teller);
        });
    }

    private void leave(int teller) {
        if (!round.isDecided() && !tellers.isEmpty() && tellers.get(0) == teller) {
            nextTeller();
            tell();
        }
    }

    private void nextTeller() {
        tellers = tellers.subList(1, tellers.size());
        told.clear();
    }
}
