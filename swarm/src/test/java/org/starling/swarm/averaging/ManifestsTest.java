package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.testing.Neighbours;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Credentials;

/** What a member accepts of a manifest that is well formed. */
class ManifestsTest {
    private static final String RUN = "test/run";
    private static final int ELEMENTS = 8;

    private final TestAuthority authority = new TestAuthority(RUN);
    private final VirtualTime time = new VirtualTime();
    private final PeerIdentity chair = PeerIdentity.create();
    private final PeerIdentity self = PeerIdentity.create();
    private final RunConfiguration run = new RunConfiguration(
            RUN, "toy", Map.of(), 100, AveragingSettings.defaults(), MembershipSettings.defaults());
    private final Manifests manifests = new Manifests(
            () -> run,
            run::limits,
            new Credentials(
                    self,
                    new TokenVerifier(authority::trusted, RUN, () -> VirtualTime.START),
                    authority.issue(self, "own", Set.of(Role.TRAINER), VirtualTime.START)),
            new Neighbours(),
            TensorSizes.single(ELEMENTS),
            head -> Optional.empty(),
            () -> 2,
            new Distrust(time.scheduler()),
            time.scheduler());

    private byte ids;

    private byte[] nextId() {
        byte[] id = new byte[16];
        id[0] = ++ids;
        return id;
    }

    private Group started(Duration ago) {
        AveragingSettings averaging = run.averaging();
        Group sound = Groups.of(List.of(chair, self), nextId(), averaging.codec(), ELEMENTS, averaging.partElements());
        return Groups.changed(
                sound,
                chair,
                manifest ->
                        manifest.setStartedAtMillis(VirtualTime.START.minus(ago).toEpochMilli()));
    }

    private void require(Group group) {
        long samples = group.members().get(group.indexOf(self.id())).samples();
        manifests.accept(group, group.round(), samples, chair.id(), true);
    }

    /** The chair could bring other gradients to it, and show what this member has averaged each time. */
    @Test
    void aManifestIsAcceptedOnce() {
        Group group = started(Duration.ZERO);
        require(group);

        assertThatThrownBy(() -> require(group)).hasMessageContaining("has been");
        assertThatCode(() -> require(started(Duration.ZERO))).doesNotThrowAnyException();
    }

    @Test
    void aRoundStartedAboutNow() {
        for (int seconds : List.of(-60, 0, 60)) {
            assertThatCode(() -> require(started(Duration.ofSeconds(seconds)))).doesNotThrowAnyException();
        }
        for (int seconds : List.of(-61, 67, 600)) {
            assertThatThrownBy(() -> require(started(Duration.ofSeconds(seconds))))
                    .hasMessageContaining("too early or too late");
        }
    }
}
