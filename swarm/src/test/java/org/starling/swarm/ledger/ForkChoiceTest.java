package org.starling.swarm.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.ForkChoice.Choice;

class ForkChoiceTest {
    private static final long TARGET = 1000;
    private static final IntUnaryOperator QUORUM = members -> (members * 2 + 2) / 3;
    private static final Duration EPOCH = Duration.ofSeconds(10);

    private final RecordForge forge = new RecordForge();
    private final ForkChoice choice = new ForkChoice(forge::find, QUORUM, () -> TARGET);

    /** Ten accounts that commit together: each does ten samples a second. */
    private EpochRecord honestChain(int epochs) {
        EpochRecord head = honest(null, 0, 10);
        for (int i = 1; i < epochs; i++) {
            head = honest(head, 0, 10);
        }
        return head;
    }

    private EpochRecord honest(@Nullable EpochRecord parent, int from, int to) {
        return honest(parent, from, to, EPOCH);
    }

    private EpochRecord honest(@Nullable EpochRecord parent, int from, int to, Duration after) {
        RecordForge.Draft draft = forge.after(parent, after);
        for (int i = from; i < to; i++) {
            draft.with("account" + i, 10 * after.toSeconds());
        }
        return draft.commit();
    }

    @Test
    void aLiarThatIsAloneOnTheHeadCountsForWhatItPlausiblyDid() {
        EpochRecord head = honestChain(40);
        EpochRecord honest = honest(head, 1, 10);
        EpochRecord forged = forge.after(head, EPOCH).with("account0", 1L << 30).commit();

        assertThat(choice.compare(honest, forged)).isPositive();
    }

    /** One record counts for a few batches at most; whoever has raised the batch size means larger ones. */
    @Test
    void aRecordCountsForAFewBatchesOfTheSizeThatIsInForce() {
        AtomicLong target = new AtomicLong(TARGET);
        ForkChoice live = new ForkChoice(forge::find, QUORUM, target::get);
        EpochRecord head = honestChain(40);
        EpochRecord all = honest(head, 0, 10, Duration.ofMinutes(8));
        EpochRecord most = honest(head, 0, 7, Duration.ofMinutes(8));
        while (most.id().compareTo(all.id()) < 0) {
            most = honest(head, 0, 7, Duration.ofMinutes(8));
        }

        assertThat(live.compare(all, most))
                .as("both are worth four batches; the ids decide")
                .isNegative();
        target.set(100 * TARGET);
        assertThat(live.compare(all, most)).isPositive();
    }

    @Test
    void manyForgedEpochsInAShortTimeCountForNoMoreThanTheTime() {
        EpochRecord head = honestChain(40);
        EpochRecord honest = honest(head, 1, 10);
        EpochRecord forged = head;
        for (int i = 0; i < 1000; i++) {
            forged = forge.after(forged, Duration.ofMillis(10))
                    .with("account0", 1L << 30)
                    .commit();
        }

        assertThat(choice.compare(honest, forged)).isPositive();
    }

    @Test
    void noMomentCountsTwiceHoweverRecordsJumpInTime() {
        EpochRecord head = honestChain(40);
        EpochRecord honest = head;
        EpochRecord forged = head;
        for (int i = 0; i < 60; i++) {
            honest = honest(honest, 1, 10);
        }
        for (int i = 0; i < 300; i++) {
            Duration jump = Duration.ofMinutes(i % 2 == 0 ? 10 : -10);
            forged = forge.after(forged, jump).with("account0", 1L << 30).commit();
        }

        assertThat(choice.compare(honest, forged)).isPositive();
    }

    @Test
    void onesOwnBranchDoesNotRaiseWhatIsPlausible() {
        EpochRecord head = honestChain(40);
        EpochRecord honest = head;
        EpochRecord forged = head;
        for (int i = 0; i < 360; i++) {
            honest = honest(honest, 1, 10);
        }
        for (int i = 0; i < 3600; i++) {
            forged = forge.after(forged, Duration.ofSeconds(1))
                    .with("account0", 1L << 30)
                    .commit();
        }

        assertThat(choice.compare(honest, forged)).isPositive();
    }

    @Test
    void anAccountThatAlwaysExaggeratedCountsForAFewTypicalOnes() {
        EpochRecord head = honest(null, 0, 10);
        for (int i = 0; i < 40; i++) {
            RecordForge.Draft draft = forge.after(head, EPOCH).with("account0", 1L << 30);
            for (int j = 1; j < 10; j++) {
                draft.with("account" + j, 100);
            }
            head = draft.commit();
        }
        EpochRecord honest = honest(head, 1, 10);
        EpochRecord forged = forge.after(head, EPOCH).with("account0", 1L << 30).commit();

        assertThat(choice.compare(honest, forged)).isPositive();
    }

    @Test
    void namesOfOthersAndPeersOfOnesOwnAddNothing() {
        EpochRecord head = honestChain(40);
        EpochRecord honest = honest(head, 6, 10);
        RecordForge.Draft draft = forge.after(head, EPOCH);
        for (int i = 0; i < 12; i++) {
            draft.with("account0", 1 << 20);
        }
        for (int i = 1; i < 6; i++) {
            draft.with("account" + i, 1 << 20);
        }
        EpochRecord forged = draft.commit();

        assertThat(choice.compare(honest, forged)).isPositive();
    }

    @Test
    void theMajoritysBranchIsHeavierThanTheMinoritysHoweverLongBothAre() {
        EpochRecord head = honestChain(40);
        EpochRecord few = head;
        EpochRecord many = head;
        for (int i = 0; i < 150; i++) {
            few = honest(few, 0, 4, EPOCH.multipliedBy(2));
        }
        for (int i = 0; i < 200; i++) {
            many = honest(many, 4, 10, EPOCH.multipliedBy(3).dividedBy(2));
        }

        assertThat(choice.compare(many, few)).isPositive();
        assertThat(choice.compare(few, many)).isNegative();
    }

    @Test
    void equalWeightsAreOrderedById() {
        EpochRecord head = honestChain(40);
        EpochRecord a = honest(head, 0, 5);
        EpochRecord b = honest(head, 5, 10);

        assertThat(Integer.signum(choice.compare(a, b))).isEqualTo(Integer.signum(a.id().compareTo(b.id())));
    }

    @Test
    void whereNothingIsKnownOfSpeedsTheFirstEpochCountsForNoMoreThanTwoBatches() {
        EpochRecord honest = forge.after(null, EPOCH)
                .with("account1", 900)
                .with("account2", 900)
                .with("account3", 900)
                .with("account4", 900)
                .commit();
        EpochRecord forged = forge.after(null, EPOCH).with("account0", 1L << 30).commit();
        BranchWeight weight = new BranchWeight(QUORUM, () -> TARGET);
        BranchWeight.Speeds none = BranchWeight.speeds(List.of());

        assertThat(weight.weigh(null, List.of(forged), none)).isEqualTo(2 * TARGET);
        assertThat(weight.weigh(null, List.of(honest), none)).isEqualTo(2 * TARGET * 3 / 4.0);
    }

    // ---- votes ----

    private Choice choose(Digest standing, Map<Digest, Double> votes) {
        return choice.choose(standing, false, votes, record -> true, tip -> false);
    }

    @Test
    void anEpochThatMoreThanAThirdHaveMadeIsFollowed() {
        EpochRecord head = honestChain(5);
        EpochRecord next = honest(head, 0, 4);

        assertThat(choose(head.id(), Map.of(head.id(), 6.0, next.id(), 4.0))).isEqualTo(new Choice.Follow(next));
    }

    @Test
    void anEpochThatOneOfThreeHasMadeIsNot() {
        EpochRecord head = honestChain(5);
        EpochRecord forged = forge.after(head, EPOCH).with("account0", 1L << 30).commit();

        assertThat(choose(head.id(), Map.of(head.id(), 2.0, forged.id(), 1.0))).isEqualTo(new Choice.Stay());
    }

    @Test
    void whoHasFallenBackGoesAsFarAsTheOthersAndNotToTheLiar() {
        EpochRecord head = honestChain(5);
        EpochRecord first = honest(head, 0, 9);
        EpochRecord second = honest(first, 0, 9);
        EpochRecord forged =
                forge.after(second, EPOCH).with("account0", 1L << 30).commit();

        assertThat(choose(head.id(), Map.of(head.id(), 1.0, first.id(), 3.0, second.id(), 5.0, forged.id(), 1.0)))
                .isEqualTo(new Choice.Follow(second));
    }

    @Test
    void theManyBehindDoNotKeepOneAnotherFromGoingOn() {
        EpochRecord start = honestChain(5);
        EpochRecord stale = honest(start, 0, 10);
        EpochRecord front = honest(honest(stale, 0, 3), 0, 3);

        assertThat(choose(stale.id(), Map.of(start.id(), 20.0, stale.id(), 1.0, front.id(), 3.0)))
                .isEqualTo(new Choice.Follow(front));
    }

    @Test
    void aForkOfAThirdIsNotFollowedHoweverHeavyAndOneOfTwoThirdsIsHoweverLight() {
        EpochRecord fork = honestChain(40);
        EpochRecord heavy = honest(honest(fork, 0, 10), 0, 10);
        EpochRecord light = honest(fork, 0, 1);

        assertThat(choose(light.id(), Map.of(light.id(), 2.0, heavy.id(), 1.0))).isEqualTo(new Choice.Stay());
        assertThat(choose(heavy.id(), Map.of(light.id(), 2.0, heavy.id(), 1.0))).isEqualTo(new Choice.Follow(light));
    }

    @Test
    void betweenForksOfLikeNumbersTheWeightDecidesForBothSides() {
        EpochRecord fork = honestChain(40);
        EpochRecord heavy = honest(fork, 0, 6);
        EpochRecord light = honest(fork, 6, 10);
        Map<Digest, Double> votes = Map.of(light.id(), 5.0, heavy.id(), 5.0);

        assertThat(choose(light.id(), votes)).isEqualTo(new Choice.Follow(heavy));
        assertThat(choose(heavy.id(), votes)).isEqualTo(new Choice.Stay());
    }

    @Test
    void aTreeThatHasNothingInCommonIsLearntBeforeItIsFollowed() {
        EpochRecord own = honestChain(5);
        EpochRecord other = forge.adrift(1000).with("account0", 1L << 30).commit();

        assertThat(choose(own.id(), Map.of(own.id(), 5.0, other.id(), 1.0))).isEqualTo(new Choice.Stay());
        assertThat(choose(own.id(), Map.of(own.id(), 5.0, other.id(), 5.0))).isEqualTo(new Choice.Learn(other));
        assertThat(choose(own.id(), Map.of(own.id(), 1.0, other.id(), 9.0))).isEqualTo(new Choice.Follow(other));
    }

    /** Three peers went on alone, from states whose records nobody has any more. */
    @Test
    void threeChainsThatNobodyCanConnectBecomeOne() {
        List<EpochRecord> tips = List.of(
                forge.adrift(70).with("account0", 500).commit(),
                forge.adrift(50).with("account1", 700).commit(),
                forge.adrift(60).with("account2", 600).commit());
        List<Digest> standing = tips.stream().map(EpochRecord::id).toList();

        for (Digest place : standing) {
            assertThat(choose(place, votes(standing)))
                    .as("it tries to find out how they hang together first")
                    .isInstanceOf(Choice.Learn.class);
        }
        for (int i = 0; i < 2; i++) {
            Map<Digest, Double> votes = votes(standing);
            standing = standing.stream().map(place -> chooseApart(place, votes)).toList();
        }
        assertThat(standing).containsOnly(standing.get(0));
    }

    @Test
    void mostOfThemAreFollowedToAnEarlierEpochIfNobodyCanConnectThem() {
        EpochRecord own = forge.adrift(70).with("account0", 500).commit();
        EpochRecord theirs =
                forge.adrift(50).with("account1", 700).with("account2", 700).commit();
        Map<Digest, Double> votes = Map.of(own.id(), 1.0, theirs.id(), 2.0);

        assertThat(choose(own.id(), votes)).isEqualTo(new Choice.Learn(theirs));
        assertThat(chooseApart(own.id(), votes)).isEqualTo(theirs.id());
        assertThat(chooseApart(theirs.id(), votes)).isEqualTo(theirs.id());
    }

    @Test
    void aThirdIsNotFollowedThoughNobodyCanConnectIt() {
        EpochRecord own = forge.adrift(50).with("account1", 700).commit();
        EpochRecord forged = forge.adrift(1000)
                .with("account0", 1L << 30)
                .with("account2", 1L << 30)
                .commit();

        assertThat(chooseApart(own.id(), Map.of(own.id(), 2.0, forged.id(), 1.0)))
                .isEqualTo(own.id());
    }

    private static Map<Digest, Double> votes(List<Digest> standing) {
        Map<Digest, Double> votes = new LinkedHashMap<>();
        standing.forEach(place -> votes.merge(place, 1.0, Double::sum));
        return votes;
    }

    /** Where a peer stands then that cannot find out how chains hang together. */
    private Digest chooseApart(Digest standing, Map<Digest, Double> votes) {
        return choice.choose(standing, false, votes, record -> true, tip -> true) instanceof Choice.Follow follow
                ? follow.head().id()
                : standing;
    }

    @Test
    void aNewcomerTakesTheTreeOnWhichMostAccountsStand() {
        EpochRecord honest =
                forge.adrift(500).with("account1", 10).with("account2", 10).commit();
        EpochRecord forged = forge.adrift(1000).with("account0", 1L << 30).commit();

        assertThat(choice.choose(
                        Digest.ZERO, true, Map.of(forged.id(), 1.0, honest.id(), 2.0), record -> true, tip -> false))
                .isEqualTo(new Choice.Follow(honest));
    }

    @Test
    void aNewcomerStaysAtTheRootWhereMostWait() {
        EpochRecord forged = forge.after(null, EPOCH).with("account0", 1L << 30).commit();
        Digest root = forged.parent();

        assertThat(choice.choose(root, true, Map.of(root, 8.0, forged.id(), 1.0), record -> true, tip -> false))
                .isEqualTo(new Choice.Stay());
    }

    @Test
    void whoIsAloneTakesTheTreeOfTheMostAccountsAndNeverLeavesItsOwn() {
        EpochRecord kept = forge.adrift(500)
                .with("account1", 10)
                .with("account2", 10)
                .with("account3", 10)
                .commit();
        EpochRecord forged = forge.adrift(1000).with("account0", 1L << 30).commit();

        assertThat(choice.chooseAlone(Digest.ZERO, List.of(kept, forged))).isEqualTo(new Choice.Follow(kept));
        assertThat(choice.chooseAlone(kept.id(), List.of(kept, forged))).isEqualTo(new Choice.Stay());
    }

    @Test
    void whatIsGivenUpIsNotChosen() {
        EpochRecord head = honestChain(5);
        EpochRecord first = honest(head, 0, 9);
        EpochRecord second = honest(first, 0, 9);

        assertThat(choice.choose(
                        head.id(), false, Map.of(second.id(), 9.0), record -> !record.equals(second), tip -> false))
                .isEqualTo(new Choice.Follow(first));
    }
}
