package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.ForkChoice;
import org.starling.swarm.ledger.RecordForge;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.simulation.Standpoint.Vote;
import org.starling.swarm.simulation.Weights.Parting;

class StandpointTest {
    private static final long TARGET = 1000;
    private static final AveragingSettings AVERAGING = AveragingSettings.defaults();

    private final RecordForge forge = new RecordForge();
    private final Weights weights = new Weights(AVERAGING, TARGET);
    private final EpochRecord fork = chain(null, 5, 6);
    private final EpochRecord heavy = chain(fork, 3, 6);
    private final EpochRecord light = chain(fork, 1, 3);

    @Test
    void theHeavierChainIsFollowedWhereVotesAreClose() {
        assertThat(objection(light, heavy, new Vote(heavy, 2), new Vote(light, 2)))
                .isEmpty();
        assertThat(objection(heavy, light, new Vote(heavy, 1), new Vote(light, 2)))
                .hasValueSatisfying(why -> assertThat(why).contains("is lighter"));
    }

    @Test
    void twoThirdsOfTheVotesDecideWhateverTheWeight() {
        assertThat(objection(heavy, light, new Vote(light, 2))).isEmpty();
    }

    @Test
    void whatAThirdStandOnIsNotFollowed() {
        assertThat(objection(light, heavy, new Vote(light, 1), new Vote(heavy, 1)))
                .hasValueSatisfying(why -> assertThat(why).contains("no more than a third"));
    }

    @Test
    void thoseWhoHaveNotComeToTheForkDoNotCount() {
        assertThat(objection(heavy, light, new Vote(light, 2), new Vote(fork, 10)))
                .isEmpty();
    }

    @Test
    void whoeverGoesOnAlongItsChainLeavesNone() {
        assertThat(objection(fork, light)).isEmpty();
        assertThat(objection(heavy, fork)).isEmpty();
    }

    @Test
    void whereNobodyIsToBeAskedTheHeavierChainCounts() {
        assertThat(objection(light, heavy)).isEmpty();
        assertThat(objection(heavy, light)).isPresent();
    }

    /** The check and the code under test have been written apart from the same page. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsLighterByThePageIsLighterByTheCode(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ForkChoice choice = new ForkChoice(forge::find, AVERAGING::quorum, () -> TARGET);
        for (int i = 0; i < 50; i++) {
            EpochRecord common = randomChain(null, random.nextInt(1, 50), random);
            EpochRecord one = randomChain(common, random.nextInt(1, 20), random);
            EpochRecord other = randomChain(common, random.nextInt(1, 20), random);
            Parting parting = Parting.of(forge.records(), one, other);
            Parting turned = Parting.of(forge.records(), other, one);

            assertThat(parting.before()).last().isEqualTo(common);
            assertThat(choice.compare(one, other) < 0)
                    .as("seed %d, fork %d", seed, i)
                    .isEqualTo(weights.isFirstLighter(parting)
                            || !weights.isFirstLighter(turned) && one.id().compareTo(other.id()) < 0);
        }
    }

    private Optional<String> objection(EpochRecord from, EpochRecord to, Vote... votes) {
        return new Standpoint(from.id(), true, forge.records(), List.of(votes), 0, 1).objectionTo(to, weights);
    }

    /** So many epochs of ten seconds each, in which so many accounts bring a hundred samples. */
    private EpochRecord chain(@Nullable EpochRecord after, int epochs, int accounts) {
        EpochRecord head = after;
        for (int i = 0; i < epochs || head == null; i++) {
            RecordForge.Draft draft = forge.after(head, Duration.ofSeconds(10));
            for (int account = 0; account < accounts; account++) {
                draft.with("account" + account, 100);
            }
            head = draft.commit();
        }
        return head;
    }

    /** Some accounts have two peers, some records go back in time or come after an hour, some claim what cannot be. */
    private EpochRecord randomChain(@Nullable EpochRecord after, int epochs, SplittableRandom random) {
        EpochRecord head = after;
        for (int i = 0; i < epochs || head == null; i++) {
            Duration later = Duration.ofMillis(
                    random.nextInt(20) == 0 ? random.nextInt(3_600_000) : random.nextInt(-2_000, 20_000));
            RecordForge.Draft draft = forge.after(head, later);
            for (int member = random.nextInt(1, 8); member > 0; member--) {
                draft.with("account" + random.nextInt(6), random.nextInt(20) == 0 ? 1 << 30 : random.nextInt(500));
            }
            head = draft.commit();
        }
        return head;
    }
}
