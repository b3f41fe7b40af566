package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.testing.Neighbours;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.ProbeMessage;
import org.starling.swarm.wire.proto.ProbeReply;

class BandwidthProbeTest {
    private static final Duration ONE_WAY = Duration.ofMillis(20);
    private static final double CONFIGURED = 5e5;

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler scheduler = time.scheduler();
    private final TestAuthority authority = new TestAuthority("test/run");
    private final Bandwidth bandwidth = new Bandwidth(CONFIGURED);
    private final Neighbours known = new Neighbours();

    /** A line of so many bytes a second to whoever is called. */
    private final class Line implements Transport {
        private final double bytesPerSecond;
        private final List<String> refusing;
        private final List<String> called = new ArrayList<>();
        private long sent;

        Line(double bytesPerSecond, String... refusing) {
            this.bytesPerSecond = bytesPerSecond;
            this.refusing = List.of(refusing);
        }

        @Override
        @SuppressWarnings("unchecked")
        public <Q extends Message, R extends Message> CompletableFuture<R> call(
                Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
            called.add(to.address());
            int bytes = ((ProbeMessage) request).getFilling().size();
            sent += bytes;
            CompletableFuture<R> reply = new CompletableFuture<>();
            Duration sending = Duration.ofNanos((long) (bytes / bytesPerSecond * 1e9));
            scheduler.schedule(sending.plus(ONE_WAY.multipliedBy(2)), () -> {
                if (refusing.contains(to.address())) {
                    reply.completeExceptionally(new RefusalException(RefusalException.Reason.BUSY, "averaging"));
                } else {
                    reply.complete((R) ProbeReply.getDefaultInstance());
                }
            });
            return reply;
        }
    }

    /** @param address empty for one that can only dial out */
    private void knows(String address) {
        PeerIdentity identity = PeerIdentity.create();
        known.add(new PeerView(
                identity.id(),
                identity.publicKey(),
                authority.issue(identity, "account", Set.of(Role.TRAINER), Instant.now()),
                PeerRecord.getDefaultInstance(),
                Set.of(Role.TRAINER),
                address.isEmpty() ? Optional.empty() : Optional.of(new Endpoint(address, identity.id())),
                null,
                Instant.EPOCH,
                0));
    }

    private void probe(Transport transport) {
        TimedCalls calls = new TimedCalls(transport, scheduler, new Deadlines(scheduler, Deadline.Watch.NOBODY));
        new BandwidthProbe(bandwidth, known, calls, scheduler).begin();
        time.run(Duration.ofMinutes(5));
    }

    @Test
    void theSpeedOfTheLineIsFoundWithoutTheTimeThatAMessageTakes() {
        knows("near:1");
        Line line = new Line(10e6);

        probe(line);

        assertThat(bandwidth.bytesPerSecond()).isCloseTo(10e6, within(1e3));
    }

    @Test
    void aSlowLineIsNotFilledForLongAndAFastOneNotWithMoreThanIsAllowed() {
        knows("near:1");
        Line slow = new Line(1e6);
        probe(slow);
        assertThat(bandwidth.bytesPerSecond()).isCloseTo(1e6, within(1e3));
        assertThat(slow.sent).isEqualTo(256 << 10);

        Line fast = new Line(1e9);
        probe(fast);
        assertThat(fast.sent).isEqualTo((256 << 10) + (1 << 20) + (4 << 20));
    }

    @Test
    void twoPeersThatHaveTimeAreEnoughAndThoseThatCannotBeCalledAreNotAsked() {
        for (String address : List.of("busy:1", "", "near:1", "near:2", "near:3", "near:4")) {
            knows(address);
        }
        Line line = new Line(10e6, "busy:1");

        probe(line);

        assertThat(line.called.stream().distinct().filter(address -> address.startsWith("near")))
                .hasSize(2);
        assertThat(bandwidth.bytesPerSecond()).isCloseTo(10e6, within(1e3));
    }

    @Test
    void withNobodyToAskWhatTheOwnerHasSetStands() {
        probe(new Line(10e6));

        assertThat(bandwidth.bytesPerSecond()).isEqualTo(CONFIGURED);
    }

    @Test
    void whatARoundHasMeasuredCountsMore() {
        knows("near:1");
        probe(new Line(10e6));
        bandwidth.measured(3e6);
        assertThat(bandwidth.bytesPerSecond()).isEqualTo(3e6);

        Line unused = new Line(10e6);
        probe(unused);
        assertThat(unused.called).isEmpty();
    }

    @Test
    void whoeverReducesNothingGoesOnSo() {
        Bandwidth nothing = new Bandwidth(0);
        nothing.probed(1e6);
        assertThat(nothing.bytesPerSecond()).isZero();
    }

    private static ProbeMessage filling(int bytes) {
        return ProbeMessage.newBuilder()
                .setFilling(ByteString.copyFrom(new byte[bytes]))
                .build();
    }

    @Test
    void onePeerAtATimeIsHelpedAndNoneDuringARound() {
        ProbeGuest guest = new ProbeGuest(scheduler);
        PeerId ada = PeerIdentity.create().id();
        PeerId bob = PeerIdentity.create().id();

        assertRefused(guest, ada, filling(0), true, RefusalException.Reason.BUSY);
        guest.answer(ada, filling(0), false);
        assertRefused(guest, bob, filling(0), false, RefusalException.Reason.BUSY);
        guest.answer(ada, filling(1 << 20), false);
        assertRefused(guest, ada, filling((4 << 20) + 1), false, RefusalException.Reason.MALFORMED);
        guest.answer(ada, filling(4 << 20), false);
        guest.answer(bob, filling(0), false);
        assertRefused(guest, ada, filling(0), false, RefusalException.Reason.BUSY);
        time.run(Duration.ofSeconds(20));
        guest.answer(ada, filling(0), false);
    }

    private static void assertRefused(
            ProbeGuest guest, PeerId caller, ProbeMessage message, boolean busy, RefusalException.Reason reason) {
        assertThatThrownBy(() -> guest.answer(caller, message, busy))
                .isInstanceOfSatisfying(
                        RefusalException.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(reason));
    }
}
