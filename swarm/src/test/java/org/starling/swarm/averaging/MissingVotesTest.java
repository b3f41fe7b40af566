package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.proto.OutcomeMessage;

/** One of four members, of whom three must agree, has voted, and lacks the votes of the others. */
class MissingVotesTest {
    private static final AveragingSettings SETTINGS = AveragingSettings.defaults();

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler scheduler = time.scheduler();
    private final List<PeerIdentity> members =
            Stream.generate(PeerIdentity::create).limit(4).toList();
    private final Group group = Groups.of(members, new byte[16], "none", 8, 4);
    private final Ballot ballot = new Ballot(group, 3);
    private final Set<Integer> asked = new TreeSet<>();
    private final MissingVotes missing = new MissingVotes(group, 0, ballot, SETTINGS, scheduler, new Waiting());

    /** Nobody answers. */
    private final class Waiting implements MissingVotes.Course {
        @Override
        public boolean isDecided() {
            return false;
        }

        @Override
        public boolean isGone(int member) {
            return false;
        }

        @Override
        public boolean learn(int from, OutcomeMessage word) {
            return false;
        }

        @Override
        public void later(Duration delay, Runnable task) {
            scheduler.schedule(delay, task);
        }

        @Override
        public Deadlines.Wait await(Deadline kind, Duration usual) {
            return new Deadlines(scheduler, Deadline.Watch.NOBODY).begin(kind, usual);
        }

        @Override
        public CompletableFuture<OutcomeMessage> ask(int member, Duration patience) {
            asked.add(member);
            return new CompletableFuture<>();
        }

        @Override
        public void count() {}
    }

    @BeforeEach
    void vote() {
        ballot.cast(0, members.get(0), Digest.ZERO);
    }

    private void sometimeLater() {
        time.run(SETTINGS.partTimeout());
    }

    @Test
    void whereOneHasGivenUpTheOthersMayStillCommit() {
        missing.begin(new BitSet());
        missing.hasGivenUp(1);
        sometimeLater();

        assertThat(asked).isEmpty();
    }

    @Test
    void whereTooManyHaveGivenUpAllAreAskedAtOnce() {
        missing.begin(new BitSet());
        missing.hasGivenUp(1);
        missing.hasGivenUp(2);
        sometimeLater();

        assertThat(asked).containsExactly(1, 2, 3);
    }

    @Test
    void soTheyAreWhereThatWasBeforeItsOwnVote() {
        missing.hasGivenUp(1);
        missing.hasGivenUp(2);
        missing.begin(new BitSet());
        sometimeLater();

        assertThat(asked).containsExactly(1, 2, 3);
    }
}
