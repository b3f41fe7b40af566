package org.starling.swarm.membership;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;

class KnownPeersTest {
    private static final Duration LIFETIME = Duration.ofSeconds(8);
    private static final Duration WORD_LIFETIME = Duration.ofMinutes(1);

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler clock = time.scheduler();
    private final PeerIdentity other = PeerIdentity.create();
    private final KnownPeers peers = new KnownPeers(PeerIdentity.create().id(), clock, LIFETIME);
    private final AccessToken token =
            new TestAuthority("a/run").issue(other, "other", Set.of(Role.TRAINER), time.now());

    @BeforeEach
    void introduce() {
        say(NewsBody.newBuilder().setPeer(PeerRecord.newBuilder().setAddress("other:1")));
    }

    private News say(NewsBody.Builder body) {
        long now = time.now().toEpochMilli();
        News news = News.sign(
                body.setSequence(now)
                        .setLifetimeMillis(WORD_LIFETIME.toMillis())
                        .build(),
                "a/run",
                other);
        peers.said(news, token);
        return news;
    }

    private News sayEpoch(long epoch, long fallenBack) {
        return say(NewsBody.newBuilder()
                .setProgress(Progress.newBuilder()
                        .setEpoch(epoch)
                        .setStateDigest(state(epoch))
                        .setSamples(50)
                        .setSamplesPerSecond(5)
                        .setFallenBack(fallenBack)));
    }

    private void recordSays(long epoch) {
        peers.stands(other.id(), new Standing(0, epoch, state(epoch), clock.nanoTime()));
    }

    private static ByteString state(long epoch) {
        return ByteString.copyFromUtf8("state " + epoch);
    }

    private Progress believed() {
        return Objects.requireNonNull(peers.find(other.id()).orElseThrow().progress());
    }

    @Test
    void aRoleIsPlayedOnlyByThoseWhoMay() {
        assertThat(peers.find(other.id()).orElseThrow().plays(Role.TRAINER)).isFalse();

        say(NewsBody.newBuilder()
                .setPeer(PeerRecord.newBuilder()
                        .setAddress("other:1")
                        .addRoles(Role.TRAINER.claim())
                        .addRoles(Role.INFERENCE.claim())));

        assertThat(peers.find(other.id()).orElseThrow().roles()).containsExactly(Role.TRAINER);
    }

    @Test
    void aRecordMovesItsMembersOn() {
        sayEpoch(4, 0);
        time.run(Duration.ofSeconds(3));

        recordSays(5);

        assertThat(believed().getEpoch()).isEqualTo(5);
        assertThat(believed().getStateDigest()).isEqualTo(state(5));
        assertThat(believed().getSamples()).isZero();
        assertThat(believed().getSamplesPerSecond()).isEqualTo(5);
    }

    @Test
    void aWordThatWasSaidBeforeTheRecordDoesNotTakeItBackWhenItArrivesLater() {
        sayEpoch(3, 0);
        recordSays(5);
        time.run(Duration.ofMillis(300));

        sayEpoch(4, 0);

        assertThat(believed().getEpoch()).isEqualTo(5);
    }

    @Test
    void aPeerThatKnowsTheRecordAndSaysItIsElsewhereIsBelieved() {
        recordSays(5);
        time.run(Duration.ofMillis(300));

        sayEpoch(2, 3);
        assertThat(believed().getEpoch()).isEqualTo(2);

        recordSays(6);
        assertThat(believed().getEpoch()).isEqualTo(6);
    }

    @Test
    void aPeerThatLostItsMemoryIsBelievedAfterAWhile() {
        recordSays(5);
        time.run(Duration.ofMinutes(2));

        sayEpoch(0, 0);

        assertThat(believed().getEpoch()).isZero();
    }

    @Test
    void anOlderRecordChangesNothing() {
        sayEpoch(4, 0);
        recordSays(6);

        recordSays(5);

        assertThat(believed().getEpoch()).isEqualTo(6);
    }

    @Test
    void whoIsNamedByARecordOrCallsStaysThoughItsWordsAreLate() {
        News word = sayEpoch(4, 0);
        time.run(WORD_LIFETIME.minusSeconds(1));
        recordSays(5);

        time.run(Duration.ofSeconds(1));
        peers.outlived(word);
        assertThat(believed().getEpoch()).isEqualTo(5);
        assertThat(peers.alive()).hasSize(1);

        peers.heardFrom(other.id());
        time.run(WORD_LIFETIME.minusSeconds(1));
        peers.expire();
        assertThat(peers.alive()).hasSize(1);

        time.run(Duration.ofSeconds(1));
        peers.expire();
        assertThat(peers.alive()).isEmpty();
    }

    @Test
    void whoIsSilentIsGoneWhenItsWordHasOutlivedItsTime() {
        News word = sayEpoch(4, 0);
        time.run(WORD_LIFETIME);

        peers.outlived(word);

        assertThat(peers.alive()).isEmpty();
    }

    @Test
    void wordsThatAreToBeForgottenAreForgottenWhoeverCalls() {
        News word = sayEpoch(4, 0);
        time.run(WORD_LIFETIME);
        peers.heardFrom(other.id());
        peers.outlived(word);

        peers.forgot(word);

        assertThat(peers.alive()).isEmpty();
        time.run(WORD_LIFETIME);
        peers.expire();
        assertThat(peers.alive()).isEmpty();
    }

    @Test
    void aSuspectGetsAnotherChanceLaterAndLater() {
        sayEpoch(4, 0);
        assertThat(peers.alive()).hasSize(1);

        peers.suspect(other.id());
        assertThat(peers.alive()).isEmpty();
        time.run(LIFETIME);
        peers.expire();
        assertThat(peers.alive()).hasSize(1);

        peers.suspect(other.id());
        time.run(LIFETIME);
        peers.expire();
        assertThat(peers.alive()).isEmpty();
        time.run(LIFETIME);
        peers.expire();
        assertThat(peers.alive()).hasSize(1);

        peers.suspect(other.id());
        peers.heardFrom(other.id());
        assertThat(peers.alive()).hasSize(1);
    }
}
