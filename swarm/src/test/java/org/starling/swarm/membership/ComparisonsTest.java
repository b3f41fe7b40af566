package org.starling.swarm.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.starling.swarm.virtual.VirtualTime;

class ComparisonsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(4);
    private static final int STATEMENTS = 200;

    private final VirtualTime time = new VirtualTime();
    private final Comparisons comparisons = new Comparisons(time.scheduler(), PATIENCE);

    @Test
    void oneIsDueAtOnceAndTheNextTheLaterTheLargerTheTableIs() {
        assertThat(comparisons.isDue()).isTrue();

        assertThat(comparisons.answered(comparisons.ask(), 3, 2, false, STATEMENTS))
                .isFalse();

        time.run(Duration.ofMillis(50 * STATEMENTS - 1));
        assertThat(comparisons.isDue()).isFalse();
        time.run(Duration.ofMillis(1));
        assertThat(comparisons.isDue()).isTrue();
    }

    @Test
    void theNextPageIsAskedForUntilThereIsNoMore() {
        assertThat(comparisons.answered(comparisons.ask(), 100, 0, true, 100)).isTrue();
        assertThat(comparisons.answered(comparisons.ask(), 100, 0, false, 200)).isFalse();

        // of what somebody knew who knew as little there may be much more
        assertThat(comparisons.isDue()).isTrue();
    }

    @Test
    void aPageOfWhichNothingIsBelievedIsTheLast() {
        assertThat(comparisons.answered(comparisons.ask(), 0, 0, true, STATEMENTS))
                .isFalse();
    }

    @Test
    void whereMuchDiffersForEverTheTableIsComparedAtOnceSomeTimesOnly() {
        for (int i = 0; i < 3; i++) {
            comparisons.answered(comparisons.ask(), 100, 0, false, STATEMENTS);
            assertThat(comparisons.isDue()).isTrue();
        }

        comparisons.answered(comparisons.ask(), 100, 0, false, STATEMENTS);

        assertThat(comparisons.isDue()).isFalse();
    }

    @Test
    void aPageThatDoesNotComeIsAskedForAgain() {
        comparisons.ask();
        assertThat(comparisons.isDue()).isFalse();

        time.run(PATIENCE);

        assertThat(comparisons.isDue()).isTrue();
    }

    @Test
    void aPageThatFailsIsAskedForAgainAtOnce() {
        comparisons.failed(comparisons.ask());

        assertThat(comparisons.isDue()).isTrue();
    }

    @Test
    void whatComesTooLateNeitherEndsNorPrecedesAnything() {
        long late = comparisons.ask();
        time.run(PATIENCE);
        long other = comparisons.ask();

        assertThat(comparisons.answered(late, 100, 0, true, STATEMENTS)).isFalse();
        comparisons.failed(late);

        assertThat(comparisons.isWaiting()).isTrue();
        assertThat(comparisons.answered(other, 50, 0, true, STATEMENTS)).isTrue();
    }

    /**
     * Found by a thousand peers: where each page took longer than the patience, the one asked for again told only what the late one
     * had told meanwhile, and was taken for the last; a newcomer needed 53 s to know everybody.
     */
    @Test
    void aPageThatTellsWhatALateOneHasToldIsNotTheLast() {
        long late = comparisons.ask();
        time.run(PATIENCE);
        long other = comparisons.ask();
        comparisons.answered(late, 100, 0, true, STATEMENTS);

        assertThat(comparisons.answered(other, 0, 0, true, STATEMENTS)).isTrue();
        assertThat(comparisons.answered(comparisons.ask(), 0, 0, true, STATEMENTS))
                .isFalse();
    }

    @Test
    void wherePagesComeLateTheyAreWaitedForLonger() {
        for (int times = 1; times <= 4; times *= 2) {
            assertThat(comparisons.patience()).isEqualTo(PATIENCE.multipliedBy(times));
            long late = comparisons.ask();
            time.run(PATIENCE.multipliedBy(times));
            assertThat(comparisons.isLate(late)).isTrue();
            long other = comparisons.ask();
            assertThat(comparisons.isLate(late)).isFalse();
            comparisons.answered(late, 100, 0, true, STATEMENTS);
            comparisons.answered(other, 100, 0, true, STATEMENTS);
        }

        assertThat(comparisons.patience()).isEqualTo(PATIENCE.multipliedBy(4));
    }
}
