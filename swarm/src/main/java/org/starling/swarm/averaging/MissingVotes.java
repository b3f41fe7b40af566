package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.proto.OutcomeMessage;

/**
 * The votes that a member who has voted still lacks. Its own vote is out, and others may commit the round with it: so it takes nobody's
 * vote for lost who says that the round is open for it, and while somebody who has its vote still counts, it waits for that one's word.
 * Confined to the protocol thread; one use.
 */
final class MissingVotes {
    private static final int VOTE_TIMEOUTS = 2;

    private final Group group;
    private final int self;
    private final Ballot ballot;
    private final AveragingSettings settings;
    private final Scheduler scheduler;
    private final Course round;
    /** Those who have not voted, and do not answer either. */
    private final BitSet silent = new BitSet();
    /** Those who count this member's vote, once it would give up on the silent. */
    private final Set<Integer> awaited = new TreeSet<>();
    /** Those who say that the round is void; of their votes nobody has any hope. */
    private final BitSet givenUp = new BitSet();

    private boolean hasVoted;
    private boolean isLooking;

    /** The round that the votes are of. */
    interface Course extends VoteDelivery.Course {
        /** Asks a member for the outcome, and for votes that are not here; what it answers is learnt. */
        CompletableFuture<OutcomeMessage> ask(int member, Duration patience);

        /** Votes have come, or will come no more. */
        void count();
    }

    MissingVotes(Group group, int self, Ballot ballot, AveragingSettings settings, Scheduler scheduler, Course round) {
        this.group = group;
        this.self = self;
        this.ballot = ballot;
        this.settings = settings;
        this.scheduler = scheduler;
        this.round = round;
    }

    /**
     * This member has voted.
     *
     * @param unreachable members that it has not reached until now
     */
    void begin(BitSet unreachable) {
        Deadlines.Wait votes =
                round.await(Deadline.VOTES, settings.partTimeout().multipliedBy(VOTE_TIMEOUTS));
        hasVoted = true;
        BitSet gone = (BitSet) unreachable.clone();
        gone.or(givenUp);
        round.later(isHopelessWithout(gone) ? Duration.ZERO : votes.allowed(), this::lookForThem);
        askOneAfterAnother(0);
    }

    /** Members that will not vote any more. */
    BitSet gone() {
        return awaited.isEmpty() ? silent : new BitSet();
    }

    /**
     * A member has given the round up. Its word decides nothing; but where so many say so that those who are left could not commit, the
     * others are asked at once.
     */
    void hasGivenUp(int member) {
        if (awaited.remove(member) && awaited.isEmpty()) {
            round.count();
        }
        boolean news = !givenUp.get(member);
        givenUp.set(member);
        if (news && hasVoted && isHopelessWithout(givenUp)) {
            round.later(Duration.ZERO, this::lookForThem);
        }
    }

    private boolean isHopelessWithout(BitSet gone) {
        return ballot.count(gone)
                .filter(VoteCount.Decision.Void.class::isInstance)
                .isPresent();
    }

    private void lookForThem() {
        if (isLooking || round.isDecided()) {
            return;
        }
        isLooking = true;
        Set<Integer> open = new TreeSet<>();
        List<CompletableFuture<?>> answers = group.acquaintancesOf(self).stream()
                .<CompletableFuture<?>>map(member -> round.ask(member, Questions.patience(settings))
                        .whenComplete(scheduler.guarded((reply, failure) -> {
                            if (failure == null && reply.getState() == OutcomeMessage.State.UNKNOWN) {
                                open.add(member);
                            }
                        })))
                .toList();
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .whenComplete(scheduler.guarded((all, failure) -> {
                    isLooking = false;
                    if (!round.isDecided()) {
                        take(open);
                        round.later(settings.partTimeout(), this::lookForThem);
                        round.count();
                    }
                }));
    }

    /** @param open for whom the round is open */
    private void take(Set<Integer> open) {
        awaited.clear();
        group.tellersOf(self).stream().filter(open::contains).forEach(awaited::add);
        silent.clear();
        for (int member = 0; member < group.members().size(); member++) {
            silent.set(member, !ballot.has(member) && !open.contains(member));
        }
    }

    /** Whoever counts votes may lack some although others have a quorum. */
    private void askOneAfterAnother(int turn) {
        List<Integer> acquaintances = group.acquaintancesOf(self);
        if (acquaintances.isEmpty()) {
            return;
        }
        // by then the votes have gone to a second teller where the first one has died
        round.later(settings.partTimeout().multipliedBy(2), () -> {
            if (!round.isDecided()) {
                round.ask(acquaintances.get(turn % acquaintances.size()), Round.SMALL_CALL);
                askOneAfterAnother(turn + 1);
            }
        });
    }
}
