package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.LiveSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.testing.TestAuthority;

class OrderBookTest {
    private static final String RUN = "a/run";
    private static final PeerId PEER = PeerId.of(new byte[32]);
    private static final Order.Subject ACCOUNT = new Order.Subject.Account("ada");
    private static final Order.Subject ITSELF = new Order.Subject.Peer(PEER);

    private final TestAuthority authority = new TestAuthority(RUN);

    private SignedOrder ban(long number, Order.Subject subject) {
        return SignedOrder.sign(new Order.Ban(RUN, number, Instant.EPOCH, subject, "spam"), authority.key());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void theNewestOrderToPauseOrToGoOnCountsInWhateverOrderTheyArrive(long seed) {
        List<SignedOrder> orders = new ArrayList<>(List.of(
                sign(new Order.Pause(RUN, 1, Instant.EPOCH, "a")),
                sign(new Order.Resume(RUN, 2, Instant.EPOCH, "b")),
                sign(new Order.Pause(RUN, 3, Instant.EPOCH, "c")),
                sign(new Order.Resume(RUN, 4, Instant.EPOCH, "d")),
                sign(new Order.Pause(RUN, 5, Instant.EPOCH, "e"))));
        Collections.shuffle(orders, new Random(seed));
        OrderBook book = new OrderBook();

        orders.forEach(book::accept);
        orders.forEach(book::accept);
        assertThat(book.findPause()).contains("e");
        assertThat(book.accept(sign(new Order.Resume(RUN, 3, Instant.EPOCH, "another third"))))
                .as("a second order of one number")
                .isFalse();
        book.accept(sign(new Order.Resume(RUN, 6, Instant.EPOCH, "f")));
        assertThat(book.findPause()).isEmpty();
    }

    private SignedOrder sign(Order order) {
        return SignedOrder.sign(order, authority.key());
    }

    private static LiveSettings batchSize(long samples) {
        return new LiveSettings(samples, "none", Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofSeconds(30));
    }

    /** Records of every time are to be believed, so the least batch size that there ever was bounds how fast they may follow. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void theNewestBatchSizeCountsAndTheLeastIsBelieved(long seed) {
        RunConfiguration begunWith = new RunConfiguration(
                RUN, "toy", Map.of(), 300, AveragingSettings.defaults(), MembershipSettings.defaults());
        List<SignedOrder> orders = new ArrayList<>(List.of(
                sign(new Order.Change(RUN, 1, Instant.EPOCH, batchSize(500))),
                sign(new Order.Change(RUN, 2, Instant.EPOCH, batchSize(100))),
                sign(new Order.Change(RUN, 3, Instant.EPOCH, batchSize(900)))));
        Collections.shuffle(orders, new Random(seed));
        OrderBook book = new OrderBook();
        assertThat(book.limits(begunWith)).isEqualTo(begunWith.limits());

        orders.forEach(book::accept);

        assertThat(book.changed(begunWith).targetBatchSize()).isEqualTo(900);
        assertThat(book.limits(begunWith)).isEqualTo(new SampleLimits(300, 100));
    }

    private SignedOrder unban(long number, Order.Subject subject) {
        return SignedOrder.sign(new Order.Unban(RUN, number, Instant.EPOCH, subject, "sorry"), authority.key());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void theGreatestNumberAboutASubjectCountsInWhateverOrderTheyArrive(long seed) {
        List<SignedOrder> orders =
                new ArrayList<>(List.of(ban(1, ACCOUNT), unban(2, ACCOUNT), ban(3, ITSELF), unban(4, ITSELF)));
        Collections.shuffle(orders, new Random(seed));
        OrderBook book = new OrderBook();

        orders.forEach(book::accept);
        assertThat(book.findBan("ada", PEER)).isEmpty();
        assertThat(book.complete()).isEqualTo(4);

        book.accept(ban(6, ACCOUNT));
        assertThat(book.findBan("ada", PEER)).contains("spam");
        assertThat(book.findBan("grace", PEER)).isEmpty();
        assertThat(book.complete()).isEqualTo(4);
        assertThat(book.newest()).isEqualTo(6);

        orders.forEach(book::accept);
        assertThat(book.findBan("ada", PEER)).as("after a replay").contains("spam");

        assertThat(book.accept(unban(5, ACCOUNT))).isTrue();
        assertThat(book.findBan("ada", PEER)).contains("spam");
        assertThat(book.complete()).isEqualTo(6);
    }
}
