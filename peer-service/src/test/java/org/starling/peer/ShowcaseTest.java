package org.starling.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.training.data.SampleStream;

class ShowcaseTest {
    private static PeerView peer(int number, String... roles) {
        byte[] key = new byte[32];
        key[0] = (byte) number;
        PeerId id = PeerId.ofPublicKey(key);
        Instant now = Instant.EPOCH;
        return new PeerView(
                id,
                key,
                new AccessToken("", "", "starling/test", "", "ada", Set.of(), "", id, now, now),
                PeerRecord.newBuilder().addAllRoles(List.of(roles)).build(),
                Role.ofClaims(List.of(roles)),
                Optional.empty(),
                null,
                now,
                0);
    }

    private static List<PeerView> without(List<PeerView> peers, PeerView self) {
        return peers.stream().filter(peer -> peer != self).toList();
    }

    @Test
    void allTrainersAgreeOnWhoValidatesAndTakeTurns() {
        List<PeerView> trainers =
                IntStream.range(0, 5).mapToObj(i -> peer(i, "trainer")).toList();
        Set<PeerId> chosen = new HashSet<>();
        for (long epoch = 0; epoch < 100; epoch++) {
            long turn = epoch;
            Set<PeerId> opinions = new HashSet<>();
            trainers.forEach(self -> opinions.add(Showcase.validator(turn, without(trainers, self), self.id(), false)));
            assertThat(opinions).hasSize(1);
            chosen.addAll(opinions);
        }
        assertThat(chosen).hasSize(5);
    }

    @Test
    void thoseThatDrawValidateIfThereAreAny() {
        PeerView painter = peer(9, "inference");
        List<PeerView> all = List.of(peer(1, "trainer"), painter, peer(2, "trainer"), peer(3, "auxiliary"));
        for (long epoch = 0; epoch < 20; epoch++) {
            assertThat(Showcase.validator(
                            epoch, without(all, all.get(0)), all.get(0).id(), false))
                    .isEqualTo(painter.id());
            assertThat(Showcase.validator(epoch, without(all, painter), painter.id(), true))
                    .isEqualTo(painter.id());
        }
    }

    @Test
    void aPeerThatOnlyDrawsHasTheStatesThatAreToBeValidated() {
        Model shown = null;
        List<Long> followed = new ArrayList<>();
        for (long epoch = 3; epoch <= 40; epoch++) {
            if (StateFollower.isDue(shown, 0, epoch, 10)) {
                shown = new Model(0, epoch, 0, new Parameters(epoch, new float[0]));
                followed.add(epoch);
            }
        }
        assertThat(followed).containsExactly(3L, 10L, 20L, 30L, 40L);
        assertThat(StateFollower.isDue(shown, 1, 38, 10)).as("a rollback").isTrue();
    }

    @Test
    void aTrainerThatStartsAgainSeesOtherDataFirst() {
        PeerId peer = peer(1, "trainer").id();
        SampleStream before = new SampleStream(10_000, PeerConfiguration.shuffleSeed(peer, 1_800_000_000_000L));
        SampleStream after = new SampleStream(10_000, PeerConfiguration.shuffleSeed(peer, 1_800_000_000_001L));
        assertThat(after.next(8)).isNotEqualTo(before.next(8));
    }
}
