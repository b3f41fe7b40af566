package org.starling.swarm.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Endpoint;

class PartnersTest {
    private static final String RUN = "a/run";

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler scheduler = time.scheduler();
    private final TestAuthority authority = new TestAuthority(RUN);
    private final KnownPeers peers = new KnownPeers(PeerIdentity.create().id(), scheduler, Duration.ofSeconds(20));
    private final Partners partners = new Partners(peers, scheduler.random());

    private PeerId meet(String address) {
        Words words = Words.of(authority, RUN, "somebody", address, time.now());
        words.news().forEach(news -> peers.said(news, words.token()));
        return words.token().peer();
    }

    private Set<Endpoint> chosen(int times) {
        Set<Endpoint> all = new HashSet<>();
        for (int i = 0; i < times; i++) {
            all.addAll(partners.choose(1));
        }
        return all;
    }

    @Test
    void amongFewEverybodyIsChosen() {
        for (int i = 0; i < 40; i++) {
            meet("peer" + i + ":1");
            meet("");
        }

        assertThat(chosen(1000)).hasSize(40);
        assertThat(partners.choose(100)).hasSize(40).doesNotHaveDuplicates();
    }

    @Test
    void amongManyTheSameAreChosenAgainAndTheyChangeWithTime() {
        for (int i = 0; i < 400; i++) {
            meet("peer" + i + ":1");
        }

        assertThat(chosen(300)).hasSizeBetween(Partners.FAMILIAR, Partners.FAMILIAR + 30);
        assertThat(chosen(30_000)).hasSizeGreaterThan(300);
    }

    @Test
    void whoeverHasGoneIsReplaced() {
        List<PeerId> early = new ArrayList<>();
        for (int i = 0; i < Partners.FAMILIAR; i++) {
            early.add(meet("early" + i + ":1"));
        }
        chosen(1000);
        for (int i = 0; i < 100; i++) {
            meet("late" + i + ":1");
        }
        early.forEach(peers::suspect);

        assertThat(chosen(500))
                .isNotEmpty()
                .allMatch(endpoint -> endpoint.address().startsWith("late"));
    }
}
