package org.starling.swarm.node;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.orders.InvalidOrderException;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.InvalidRunConfigurationException;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.runtime.SparingLog;
import org.starling.swarm.wire.proto.OrderMessage;

/** Obeys the authority's orders. Confined to the protocol thread, except where it says otherwise. */
final class Obedience {
    private static final Logger log = LoggerFactory.getLogger(Obedience.class);

    /** Several times what it takes until an order has left this peer. */
    private static final Duration TIME_TO_PASS_ON = Duration.ofMillis(500);

    private final RunConfiguration begunWith;
    private final PeerContext peer;
    private final Supplier<TrustedAuthority> authority;
    private final OrderBook orders;
    private final Situation situation;
    private final Effects effects;
    private final SparingLog ignored;

    /** What an order does to the rest of the node. */
    interface Effects {
        /** Ends what is under way in a round. */
        void abandon(String why);

        /** Goes on by other settings, and believes what is possible with them. */
        void change(RunConfiguration changed, SampleLimits limits);

        /** Has no more to do with those that may not take part any more. */
        void shutOutTheUnwelcome();
    }

    /** @param begunWith the run's configuration without the changes that orders make */
    Obedience(
            RunConfiguration begunWith,
            PeerContext peer,
            Supplier<TrustedAuthority> authority,
            OrderBook orders,
            Situation situation,
            Effects effects) {
        this.begunWith = begunWith;
        this.peer = peer;
        this.authority = authority;
        this.orders = orders;
        this.situation = situation;
        this.effects = effects;
        this.ignored = new SparingLog(log::info, peer.scheduler());
    }

    /** @throws InvalidOrderException if it is not the authority's, or not for this run */
    SignedOrder verify(OrderMessage message) throws InvalidOrderException {
        return SignedOrder.verify(message, authority.get(), peer.run().run());
    }

    /** Takes in an order from another peer. Whether it was good and new. */
    boolean accept(OrderMessage message) {
        SignedOrder order;
        try {
            order = verify(message);
        } catch (InvalidOrderException e) {
            ignored.info("Ignored an order: " + e.getMessage());
            return false;
        }
        return accept(order);
    }

    /** Obeys a verified order. Whether it was new. */
    boolean accept(SignedOrder order) {
        if (!orders.accept(order)) {
            return false;
        }
        log.info("The authority orders: {}", order.order());
        if (situation
                .position()
                .filter(mine -> mine.generation() < orders.generation())
                .isPresent()) {
            effects.abandon("the authority has ordered generation " + orders.generation());
        }
        if (order.order() instanceof Order.Ban) {
            effects.shutOutTheUnwelcome();
            if (findOwnBan().isPresent()) {
                effects.abandon("the authority has banned this peer");
            }
        }
        if (order.order() instanceof Order.Change) {
            change();
        }
        peer.listeners().forEach(listener -> listener.ordered(order));
        if (order.order() instanceof Order.Distrust) {
            // first it is passed on: afterwards those whose tokens the key has signed can be told nothing any more
            peer.scheduler().schedule(TIME_TO_PASS_ON, effects::shutOutTheUnwelcome);
        }
        return true;
    }

    /** Takes in orders that were known before this peer began. */
    void begin(List<SignedOrder> known) {
        known.forEach(orders::accept);
        change();
    }

    private void change() {
        try {
            effects.change(orders.changed(begunWith), orders.limits(begunWith));
        } catch (InvalidRunConfigurationException e) {
            log.error(
                    "This peer cannot follow a change of the run: {}. It goes on as before; upgrade it",
                    e.getMessage());
        }
    }

    /** Why the run is paused; empty if it is not. Safe for use by several threads. */
    Optional<String> findPause() {
        return orders.findPause();
    }

    /** Why the owner of a token is banned; empty if it is not. Safe for use by several threads. */
    Optional<String> findBan(AccessToken token) {
        return orders.findBan(token.accountId(), token.peer());
    }

    Optional<String> findOwnBan() {
        return findBan(peer.credentials().token());
    }

    boolean isBanned(Group.Member member) {
        return orders.findBan(member.accountId(), member.peer()).isPresent();
    }
}
