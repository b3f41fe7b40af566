package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.simulation.RandomSchedule.Edition;

/** Random schedules that found something, each with what it was; docs/simulation.md tells how it was mended. */
class FoundSeedsTest {
    /**
     * A liar claimed a million times its samples and made an epoch alone every 50 ms. While most of eight peers were away it was a
     * third of the accounts, and a trainer that had just come followed it.
     */
    @Test
    void nobodyRunsAheadWithSamplesThatCannotHaveBeenComputed() {
        assertHolds(Edition.FIRST, 41);
    }

    /**
     * A liar led the group of everybody who could be reached, and answered every member with another average. No result had a
     * quorum, no member could tell who had lied, and the liar led again, for ever.
     */
    @Test
    void whoeverTellsMembersDifferentThingsHasNoPlaceInTheNextRound() {
        assertHolds(Edition.FIRST, 102);
    }

    /** The same, of a group that somebody else led. */
    @Test
    void whereverItReduces() {
        assertHolds(Edition.SECOND, 107);
    }

    /** A liar's records, one every 50 ms, filled the queues of those who read them. */
    @Test
    void recordsThatFollowOneAnotherTooFastFillNoQueues() {
        assertHolds(Edition.SECOND, 233);
    }

    /** Two ways led to the next teller of a record's signatures, where none could be reached: calls doubled until queues were full. */
    @Test
    void tellersThatCannotBeReachedDoNotMultiplyCalls() {
        assertHolds(Edition.SECOND, 244);
    }

    /** The schedule ended while a peer had not heard yet that its round was committed; its gradient was taken to be waiting. */
    @Test
    void whatWaitsWithAPeerThatHasNotHeardOfItsCommitIsNotUsedTwice() {
        assertHolds(Edition.SECOND, 445);
    }

    /** A cut kept the order from the partners of a banned peer; the check did not count from its end. */
    @ParameterizedTest
    @ValueSource(longs = {498, 798, 799})
    void anOrderHasTimeToSpreadAfterACut(long seed) {
        assertHolds(Edition.SECOND, seed);
    }

    /**
     * A peer came back during a cut, heard of six who can only dial out, and found them enough to ask no entry point any more: it
     * never heard of those who had the swarm's state.
     */
    @ParameterizedTest
    @EnumSource(
            value = Edition.class,
            names = {"FIRST", "SECOND"})
    void whoeverKnowsOnlyPeersThatCannotBeCalledAsksOn(Edition edition) {
        assertHolds(edition, 410);
    }

    /**
     * A gradient was given back from a round of which its owner did not hear that it was committed. The owner went to another
     * record of that epoch, forgot the round there, came to the record of the round later, and kept the gradient.
     */
    @Test
    void aRoundIsRememberedFromOneChainToTheNext() {
        assertHolds(Edition.FIRST, 174);
        assertHolds(Edition.SECOND, 5016);
    }

    /** A chunk of a state was lost; the others did not have that state any more, and the lost one was waited for. */
    @Test
    void aStateThatHasGoneIsNotWaitedFor() {
        assertHolds(Edition.SECOND, 3103);
    }

    /** Epochs took less than a second, and a region was that far away: whoever was asked for a state had gone on from it. */
    @Test
    void whoeverIsFurtherAwayThanAnEpochLastsKeepsUp() {
        assertHolds(Edition.SECOND, 5907);
    }

    /**
     * A gradient was given back from a round of which its owner did not hear that it was committed. The owner followed the next
     * record, whose parent it never got: it counted as lost what the others had averaged.
     */
    @Test
    void whatLiesBetweenOneChainAndTheNextIsLearned() {
        assertHolds(Edition.SECOND, 272);
    }

    /** Everybody whose address a peer had was gone for good; it cannot be asked to find the others. */
    @Test
    void whoeverHasNobodysAddressIsNotExpected() {
        assertHolds(Edition.SECOND, 10865);
    }

    /** Two parts of a swarm began apart during a cut, and each had addresses of the other but never heard who lived there. */
    @Test
    void thoseWhoBeganApartHearOfEachOther() {
        assertHolds(Edition.SECOND, 12240);
    }

    /**
     * All who had the swarm's state could only dial out, and the one who could be called had lost its disk: it began anew and they
     * followed it. The check compared where they stood with where they had been a moment before.
     */
    @Test
    void whoeverGoesBackTogetherAgrees() {
        assertHolds(Edition.SECOND, 12161);
    }

    /** Calls took longer than the part timeout that the schedule had drawn, and every round was void. */
    @Test
    void slowLinesVoidNotEveryRound() {
        assertHolds(Edition.SECOND, 11915);
    }

    /**
     * A way there and back took longer than the part timeout that the schedule had drawn. Members were taken for gone that lived, and
     * whoever led gave a round up for which it had voted; the others committed it with that vote.
     */
    @Test
    void whoeverIsFurtherAwayThanAPartTimeoutIsNotTakenForGone() {
        assertHolds(Edition.SECOND, 11273);
    }

    /**
     * An epoch took a second, and whoever stood behind answered each question of those ahead with its last 64 records. Lines were full of
     * these, and a state came later than the others kept it.
     */
    @Test
    void whoeverIsBehindDoesNotFillTheLinesWithWhatTheOthersHave() {
        assertHolds(Edition.SECOND, 9091);
    }

    /** A peer was banned while others waited for it to lead them; it never answered. */
    @Test
    void whoeverIsBannedSendsThoseAwayWhoHaveApplied() {
        assertHolds(Edition.SECOND, 15666);
    }

    /** What else the first edition has found; docs/simulation.md tells of each. */
    @ParameterizedTest
    @ValueSource(longs = {62, 77, 96, 99, 104, 111, 122, 202, 223, 237, 286, 296})
    void whatTheFirstEditionFoundHolds(long seed) {
        assertHolds(Edition.FIRST, seed);
    }

    /** Newcomers were given the address of a banned peer, and small states were gone before slow peers had them. */
    @ParameterizedTest
    @ValueSource(longs = {3774, 6374})
    void whatIsToBeHadWhenASlowPeerAsksForItIsStillThere(long seed) {
        assertHolds(Edition.SECOND, seed);
    }

    private static void assertHolds(Edition edition, long seed) {
        SimulationResult result = RandomSchedule.run(edition, seed);

        assertThat(result.violation())
                .as("seed %d of the edition %s", seed, edition)
                .isEmpty();
        assertThat(result.epochs()).isPositive();
    }
}
