package org.starling.swarm.node;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.run.SampleLimits;

/** The orders that this peer has verified. Confined to the protocol thread. */
final class OrderBook {
    private static final int MAX_ORDERS = 10_000;

    private final TreeMap<Long, SignedOrder> orders = new TreeMap<>();
    /** The newest order about each subject that is banned or was. Read by other threads, too. */
    private final Map<Order.Subject, Order> bans = new ConcurrentHashMap<>();

    private @Nullable Position origin;
    /** The newest order to pause or to resume. Read by other threads, too. */
    private volatile @Nullable Order motion;

    private Order.@Nullable Change change;
    private long leastBatchSize = Long.MAX_VALUE;
    private long complete;

    /** Whether the order was new. Two orders of one number cannot both be obeyed: the first one stays. */
    boolean accept(SignedOrder signed) {
        Order order = signed.order();
        if (orders.containsKey(order.number()) || orders.size() >= MAX_ORDERS) {
            return false;
        }
        orders.put(order.number(), signed);
        while (orders.containsKey(complete + 1)) {
            complete++;
        }
        if (order instanceof Order.Rollback rollback && rollback.generation() > generation()) {
            Digest head = Digest.of(Hashes.sha256(signed.toMessage().getBody().toByteArray()));
            origin = Position.origin(rollback.generation(), rollback.state(), head);
        } else if (order instanceof Order.Ban ban) {
            bans.merge(ban.subject(), order, OrderBook::newer);
        } else if (order instanceof Order.Unban unban) {
            bans.merge(unban.subject(), order, OrderBook::newer);
        } else if (order instanceof Order.Pause || order instanceof Order.Resume) {
            motion = motion == null ? order : newer(motion, order);
        } else if (order instanceof Order.Change newest) {
            change = change == null || newest.number() > change.number() ? newest : change;
            leastBatchSize =
                    Math.min(leastBatchSize, Math.max(1, newest.settings().targetBatchSize()));
        }
        return true;
    }

    private static Order newer(Order a, Order b) {
        return a.number() > b.number() ? a : b;
    }

    /** Why a peer is banned, itself or with its account; empty if it is not. Safe for use by several threads. */
    Optional<String> findBan(String accountId, PeerId peer) {
        return findBan(new Order.Subject.Account(accountId)).or(() -> findBan(new Order.Subject.Peer(peer)));
    }

    private Optional<String> findBan(Order.Subject subject) {
        return bans.get(subject) instanceof Order.Ban ban ? Optional.of(ban.reason()) : Optional.empty();
    }

    /** Why the run is paused; empty if it is not. Safe for use by several threads. */
    Optional<String> findPause() {
        return motion instanceof Order.Pause pause ? Optional.of(pause.reason()) : Optional.empty();
    }

    /** The configuration with the settings that the newest order about them gives. */
    RunConfiguration changed(RunConfiguration begunWith) {
        return change == null ? begunWith : change.settings().appliedTo(begunWith);
    }

    /**
     * What may be believed of records, however old they are: no epoch was ever smaller than the least batch size that has been
     * ordered, and nobody ever faster than the run has allowed from the beginning.
     */
    SampleLimits limits(RunConfiguration begunWith) {
        return new SampleLimits(begunWith.maxSamplesPerSecond(), Math.min(begunWith.targetBatchSize(), leastBatchSize));
    }

    long newest() {
        return orders.isEmpty() ? 0 : orders.lastKey();
    }

    /** The number up to which every order is here. */
    long complete() {
        return complete;
    }

    /** The generation that the newest rollback began; 0 before the first. */
    long generation() {
        return origin == null ? 0 : origin.generation();
    }

    /** Where the generation begins; empty for generation 0, which begins with everybody's initial state. */
    Optional<Position> origin() {
        return Optional.ofNullable(origin);
    }

    List<SignedOrder> after(long number) {
        return List.copyOf(orders.tailMap(number, false).values());
    }
}
