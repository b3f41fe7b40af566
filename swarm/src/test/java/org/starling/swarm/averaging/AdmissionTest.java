package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.wire.proto.JoinGroupRequest;

class AdmissionTest {
    private final TestAuthority authority = new TestAuthority("admission/run");
    private final Map<String, PeerIdentity> identities = new HashMap<>();

    /** Names in capitals are of peers that others can call. */
    private Claim claim(String name, long samples) {
        PeerIdentity identity = identities.computeIfAbsent(name, n -> PeerIdentity.create());
        return new Claim(
                authority.issue(identity, name, Set.of(Role.TRAINER), Instant.EPOCH),
                ByteString.copyFrom(identity.publicKey()),
                Character.isUpperCase(name.charAt(0)) ? name + ".example.org:7000" : "",
                JoinGroupRequest.newBuilder().setSamples(samples).build());
    }

    private final Claim chair = claim("Chair", 10);
    private final Claim leader = claim("Leader", 10);
    private final Claim other = claim("Other", 10);

    @Test
    void everybodyIsInTheSubgroupThatHasPassedTheClaimOn() {
        List<Claim> own = List.of(chair, claim("a", 1));
        List<Claim> first = List.of(leader, claim("b", 1));
        List<Claim> second = List.of(other, claim("c", 1), claim("d", 1));

        assertThat(Admission.of(own, List.of(first, second))).containsExactly(own, first, second);
        assertThat(Admission.of(own, List.of())).containsExactly(own);
    }

    @Test
    void whoHasComputedMoreSinceIsWhereThatWasSaid() {
        Claim before = claim("a", 100);
        Claim now = claim("a", 130);

        assertThat(Admission.of(List.of(chair), List.of(List.of(leader, before), List.of(other, now))))
                .containsExactly(List.of(chair), List.of(leader), List.of(other, now));
        assertThat(Admission.of(List.of(chair), List.of(List.of(leader, now), List.of(other, before))))
                .containsExactly(List.of(chair), List.of(leader, now), List.of(other));
        assertThat(Admission.of(List.of(chair, before), List.of(List.of(leader, now))))
                .containsExactly(List.of(chair), List.of(leader, now));
    }

    @Test
    void ofTheSameSamplesTheLaterWordCountsAndThatToTheChairItself() {
        Claim once = claim("a", 100);

        assertThat(Admission.of(List.of(chair), List.of(List.of(leader, once), List.of(other, once))))
                .containsExactly(List.of(chair), List.of(leader), List.of(other, once));
        assertThat(Admission.of(List.of(chair, once), List.of(List.of(leader, once))))
                .containsExactly(List.of(chair, once), List.of(leader));
    }

    @Test
    void thoseWhoseLeaderHasGoneToAnotherAreInNoSubgroupUnlessTheyAreInAnother() {
        Claim leaderElsewhere = claim("Leader", 12);
        Claim follower = claim("a", 1);

        assertThat(Admission.of(
                        List.of(chair),
                        List.of(List.of(other, leaderElsewhere, follower), List.of(leader, follower, claim("b", 1)))))
                .containsExactly(List.of(chair), List.of(other, leaderElsewhere, follower), List.of());
    }

    @Test
    void aSubgroupThatNobodyCanReachIsNone() {
        Claim hidden = claim("hidden", 5);

        assertThat(Admission.of(List.of(chair), List.of(List.of(hidden, claim("b", 5)))))
                .containsExactly(List.of(chair), List.of());
    }

    @Test
    void theChairIsInItsOwnSubgroupWhateverOthersPassOnOfIt() {
        assertThat(Admission.of(List.of(chair), List.of(List.of(leader, claim("Chair", 50)))))
                .containsExactly(List.of(chair), List.of(leader));
    }

    @Test
    void nobodyIsInASubgroupTwice() {
        Claim twice = claim("a", 1);

        assertThat(Admission.of(List.of(chair), List.of(List.of(leader, twice, claim("a", 1)))))
                .allSatisfy(
                        members -> assertThat(members.stream().map(Claim::peer)).doesNotHaveDuplicates());
    }
}
