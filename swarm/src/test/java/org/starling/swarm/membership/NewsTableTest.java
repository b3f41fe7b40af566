package org.starling.swarm.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.proto.GossipReply;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Pull;

class NewsTableTest {
    private static final String RUN = "a/run";

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler clock = time.scheduler();
    private final TestAuthority authority = new TestAuthority(RUN);
    private final NewsTable table = new NewsTable(
            PeerIdentity.create(),
            authority.verifier(clock),
            new SampleLimits(1000, 1000),
            clock,
            Duration.ofSeconds(10),
            new NewsTable.Listener() {
                @Override
                public void said(News news, @Nullable AccessToken token) {}

                @Override
                public void outlived(News news) {}

                @Override
                public void forgot(News news) {}
            });

    private NewsItem recordOf(PeerIdentity peer, Duration lifetime) {
        AccessToken token = authority.issue(peer, "account", Set.of(Role.TRAINER), time.now());
        return News.sign(
                        NewsBody.newBuilder()
                                .setSequence(time.now().toEpochMilli())
                                .setLifetimeMillis(lifetime.toMillis())
                                .setPeer(PeerRecord.newBuilder().setAccessToken(token.compact()))
                                .build(),
                        RUN,
                        peer)
                .item();
    }

    private GossipReply pullAll() {
        GossipReply.Builder reply = GossipReply.newBuilder();
        table.compare(GossipRequest.newBuilder().setPull(Pull.ALL).build(), reply, 1 << 18);
        return reply.build();
    }

    /** Found among 800 000 keys, in a minute: their peer records have one name. */
    private static PeerIdentity twin(long number) {
        return PeerIdentity.ofSeed(
                ByteBuffer.allocate(32).putLong(number).putLong(0x5eed).array());
    }

    @Test
    void twoAuthorsWithOneNameDoNotHarmTheTable() {
        PeerIdentity one = twin(333_162);
        PeerIdentity other = twin(801_919);
        assertThat(News.Author.of(one.publicKey()).peerSubject())
                .isEqualTo(News.Author.of(other.publicKey()).peerSubject());

        assertThat(table.accept(recordOf(one, Duration.ofHours(1)), true)).isPresent();
        assertThat(table.accept(recordOf(other, Duration.ofSeconds(1)), true)).isEmpty();
        time.run(Duration.ofMinutes(3));
        table.expire();

        assertThat(pullAll().getItemsCount()).isOne();
        assertThat(table.accept(recordOf(one, Duration.ofHours(1)), true)).isPresent();
        assertThat(pullAll().getItemsCount()).isOne();
    }

    @Test
    void whatTheOtherSideHasIsNotSentAndWhatIsNewerThereIsWanted() {
        PeerIdentity peer = PeerIdentity.create();
        News here = table.accept(recordOf(peer, Duration.ofHours(1)), true).orElseThrow();
        GossipReply.Builder same = GossipReply.newBuilder();
        GossipReply.Builder newer = GossipReply.newBuilder();
        GossipReply.Builder older = GossipReply.newBuilder();

        table.compare(named(here.name()), same, 1 << 18);
        table.compare(named(here.name() + 1), newer, 1 << 18);
        table.compare(named(here.name() - 1), older, 1 << 18);

        assertThat(same.getItemsCount() + same.getWantedCount()).isZero();
        assertThat(newer.getItemsCount()).isZero();
        assertThat(newer.getWantedList()).containsExactly(here.name() + 1);
        assertThat(older.getItemsCount()).isOne();
        assertThat(older.getWantedCount()).isZero();
    }

    private static GossipRequest named(long name) {
        return GossipRequest.newBuilder().setPull(Pull.ALL).addKnown(name).build();
    }

    @Test
    void anAuthorIsUrgentSomeTimesAtOnceAndThenNowAndThen() {
        PeerIdentity hasty = PeerIdentity.create();
        int urgent = 0;
        for (int i = 0; i < 500; i++) {
            News news = table.accept(recordOf(hasty, Duration.ofHours(1)), true).orElseThrow();
            urgent += table.mayBeUrgent(news) ? 1 : 0;
            time.run(Duration.ofMillis(10));
        }
        News calm = table.accept(recordOf(PeerIdentity.create(), Duration.ofHours(1)), true)
                .orElseThrow();

        assertThat(urgent).isBetween(20, 30);
        assertThat(table.mayBeUrgent(calm)).isTrue();
    }
}
