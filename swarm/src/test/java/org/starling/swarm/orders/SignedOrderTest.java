package org.starling.swarm.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.run.LiveSettings;
import org.starling.swarm.testing.TestAuthority;

class SignedOrderTest {
    private final TestAuthority authority = new TestAuthority("birds/emoji");
    private final Order order = new Order.Rollback(
            "birds/emoji", 3, Instant.parse("2026-03-01T12:00:00Z"), 2, new StateReference(40, 9000, Digest.ZERO));

    @Test
    void survivesTheWire() {
        SignedOrder signed = SignedOrder.sign(order, authority.key());

        assertThat(SignedOrder.verify(signed.toBytes(), authority.trusted(), "birds/emoji")
                        .order())
                .isEqualTo(order);
    }

    @Test
    void bansSurviveTheWire() {
        Instant at = Instant.parse("2026-03-01T12:00:00Z");
        for (Order each : List.of(
                new Order.Ban("birds/emoji", 4, at, new Order.Subject.Account("id-of-ada"), "spam"),
                new Order.Unban("birds/emoji", 5, at, new Order.Subject.Peer(PeerId.of(new byte[32])), ""))) {
            byte[] bytes = SignedOrder.sign(each, authority.key()).toBytes();

            assertThat(SignedOrder.verify(bytes, authority.trusted(), "birds/emoji")
                            .order())
                    .isEqualTo(each);
        }
        SignedOrder nobody = SignedOrder.sign(
                new Order.Ban("birds/emoji", 4, at, new Order.Subject.Account(""), "spam"), authority.key());
        assertThatThrownBy(() -> SignedOrder.verify(nobody.toBytes(), authority.trusted(), "birds/emoji"))
                .hasMessageContaining("names no account");
    }

    @Test
    void everyOtherKindSurvivesTheWire() {
        Instant at = Instant.parse("2026-03-01T12:00:00Z");
        LiveSettings settings =
                new LiveSettings(512, "float16", Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(50));
        for (Order each : List.of(
                new Order.Pause("birds/emoji", 6, at, "the data are wrong"),
                new Order.Resume("birds/emoji", 7, at, "the data are right"),
                new Order.Change("birds/emoji", 8, at, settings),
                new Order.Trust("birds/emoji", 9, at, authority.key().publicJwk()),
                new Order.Distrust("birds/emoji", 10, at, authority.key().keyId(), "stolen"))) {
            byte[] bytes = SignedOrder.sign(each, authority.key()).toBytes();

            assertThat(SignedOrder.verify(bytes, authority.trusted(), "birds/emoji")
                            .order())
                    .isEqualTo(each);
        }
    }

    @Test
    void isTheSameOrderWhenSignedAgainByAnotherKey() {
        SignedOrder signed = SignedOrder.sign(order, authority.key());
        TestAuthority later = new TestAuthority("birds/emoji");

        SignedOrder again = SignedOrder.verify(
                SignedOrder.signAgain(signed.toBytes(), later.key()), later.trusted(), "birds/emoji");

        assertThat(again.order()).isEqualTo(order);
        assertThat(again.toMessage().getBody()).isEqualTo(signed.toMessage().getBody());
    }

    @Test
    void isRefusedWhenForgedOrForAnotherRun() {
        SignedOrder signed = SignedOrder.sign(order, authority.key());
        byte[] tampered = signed.toBytes();
        tampered[20] ^= 1;

        assertThatThrownBy(() -> SignedOrder.verify(tampered, authority.trusted(), "birds/emoji"))
                .isInstanceOf(InvalidOrderException.class);
        assertThatThrownBy(() -> SignedOrder.verify(signed.toBytes(), authority.trusted(), "birds/other"))
                .hasMessageContaining("birds/other");
        assertThatThrownBy(() ->
                        SignedOrder.verify(signed.toBytes(), new TestAuthority("birds/emoji").trusted(), "birds/emoji"))
                .hasMessageContaining("not signed by");
        assertThatThrownBy(() -> SignedOrder.verify(new byte[20_000], authority.trusted(), "birds/emoji"))
                .hasMessageContaining("20000 bytes");
        assertThatThrownBy(() -> SignedOrder.verify(new byte[] {1, 2, 3}, authority.trusted(), "birds/emoji"))
                .isInstanceOf(InvalidOrderException.class);
    }
}
