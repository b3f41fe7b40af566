package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starling.swarm.virtual.VirtualTime;

class DeadlinesTest {
    private static final Duration USUAL = Duration.ofSeconds(8);
    private static final String PEER = "peer:7000";

    private final VirtualTime time = new VirtualTime();
    private final List<String> heard = new ArrayList<>();
    private final Deadlines deadlines = new Deadlines(
            time.scheduler(),
            (deadline, took, allowed) -> heard.add(deadline + " " + took.toMillis() + " of " + allowed.toMillis()));

    private void measure(Deadline kind, Duration took) {
        for (int i = 0; i < 30; i++) {
            deadlines.used(kind, PEER, took, USUAL);
        }
    }

    @ParameterizedTest
    @EnumSource(Deadline.class)
    void noTimeLeavesItsBounds(Deadline kind) {
        assertThat(deadlines.allowed(kind, PEER, USUAL)).isEqualTo(USUAL);

        measure(kind, Duration.ofMillis(1));
        assertThat(share(kind)).isEqualTo(kind.least());

        measure(kind, USUAL.multipliedBy(5));
        assertThat(share(kind)).isEqualTo(kind.most());
    }

    private double share(Deadline kind) {
        return deadlines.allowed(kind, PEER, USUAL).toNanos() / (double) USUAL.toNanos();
    }

    @Test
    void whatOneKindTakesSaysNothingOfAnother() {
        measure(Deadline.PART, Duration.ofMillis(1));

        assertThat(share(Deadline.TELLER)).isEqualTo(1);
        assertThat(share(Deadline.FETCHED_PART)).isEqualTo(1);
        assertThat(share(Deadline.SIGN_OF_LIFE)).isEqualTo(1);
    }

    @Test
    void smallCallsAllMeasureTheSameWay() {
        measure(Deadline.GOSSIP, Duration.ofMillis(1));

        assertThat(share(Deadline.SIGN_OF_LIFE)).isEqualTo(0.5);
        assertThat(share(Deadline.OUTCOME)).isEqualTo(0.25);
        assertThat(deadlines.onTheWay(Deadlines.ANYBODY, USUAL)).isEqualTo(USUAL.dividedBy(2));

        measure(Deadline.SIGN_OF_LIFE, USUAL);

        assertThat(share(Deadline.GOSSIP)).isEqualTo(3);
        assertThat(deadlines.onTheWay(PEER, USUAL)).isEqualTo(USUAL.multipliedBy(3));
    }

    @Test
    void aRoundTripIsWhatSmallCallsHardlyEverExceed() {
        assertThat(deadlines.roundTrip(PEER)).isZero();

        measure(Deadline.OUTCOME, Duration.ofMillis(400));
        measure(Deadline.PART, Duration.ofSeconds(4));
        measure(Deadline.GOSSIP, USUAL);

        assertThat(deadlines.roundTrip(PEER)).isBetween(Duration.ofMillis(400), Duration.ofMillis(410));
    }

    @Test
    void aWaitIsToldOnce() {
        Deadlines.Wait wait = deadlines.begin(Deadline.HISTORY, USUAL);
        time.run(Duration.ofMillis(300));

        wait.end();
        wait.end();

        assertThat(heard).containsExactly("HISTORY 300 of 8000");
        assertThat(deadlines.begin(Deadline.HISTORY, USUAL).allowed())
                .isBetween(Duration.ofSeconds(8), USUAL.multipliedBy(3));
    }
}
