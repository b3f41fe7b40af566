package org.starling.swarm.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.ForkChoice.Choice;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.wire.Endpoint;

/** Finds out where the swarm is, as seen from where this peer stands. Confined to the protocol thread. */
final class Orientation {
    private static final int DISCOVERY_HEARTBEATS = 3;
    private static final int ASKED_FOR_HISTORY = 8;

    private final PeerContext peer;
    private final Gossip gossip;
    private final Ledger ledger;
    private final OrderBook orders;
    private final SwarmView view;
    private final History history;
    private final ChainChoice chains;
    private final Stranding stranding;
    private final Situation situation;
    private final boolean trains;
    private long startedAtNanos;

    /** @param trains whether this peer computes gradients */
    Orientation(
            PeerContext peer,
            Gossip gossip,
            Ledger ledger,
            OrderBook orders,
            SwarmView view,
            History history,
            ChainChoice chains,
            Stranding stranding,
            Situation situation,
            boolean trains) {
        this.peer = peer;
        this.gossip = gossip;
        this.ledger = ledger;
        this.orders = orders;
        this.view = view;
        this.history = history;
        this.chains = chains;
        this.stranding = stranding;
        this.situation = situation;
        this.trains = trains;
    }

    /** From now on this peer looks around. */
    void begin() {
        startedAtNanos = peer.scheduler().nanoTime();
    }

    boolean hasLookedAround() {
        Duration age = Duration.ofNanos(peer.scheduler().nanoTime() - startedAtNanos);
        Duration enough = peer.run().membership().heartbeat().multipliedBy(DISCOVERY_HEARTBEATS);
        boolean alone = gossip.exchanges() == 0 && gossip.directory().alive().isEmpty();
        boolean knowsNobody = peer.settings().entryPoints().isEmpty()
                && peer.settings().remembered().isEmpty();
        return knowsNobody || age.compareTo(alone ? enough.multipliedBy(2) : enough) >= 0;
    }

    /** The head of the chain to stand on, or the state that the authority ordered, if this peer is not there. */
    Optional<Position> findBetterPosition(Position mine) {
        long generation = orders.generation();
        boolean isThere = mine.generation() == generation;
        if (situation.isNewcomer() && isThere && !hasLookedAround()) {
            return Optional.empty();
        }
        Optional<Position> root = root();
        Digest place = isThere ? mine.head() : root.orElseThrow().head();
        boolean unsettled = isThere && (situation.isNewcomer() || stranding.isStranded());
        Choice choice = chains.choose(new ChainChoice.Stand(generation, root, place, unsettled, trains && !unsettled));
        if (choice instanceof Choice.Follow follow) {
            return Optional.of(Position.after(follow.head()));
        }
        learn(choice, place);
        return isThere ? Optional.empty() : root;
    }

    /** Where the newest generation begins, as far as this peer can know. */
    private Optional<Position> root() {
        return orders.generation() == 0 ? situation.genesis() : orders.origin();
    }

    /** Follows the records without a replica. */
    void follow() {
        if (!hasLookedAround()) {
            return;
        }
        long generation = orders.generation();
        Optional<EpochRecord> head = ledger.head(generation);
        Digest place =
                head.map(EpochRecord::id).or(() -> root().map(Position::head)).orElse(Digest.ZERO);
        learn(chains.choose(new ChainChoice.Stand(generation, root(), place, head.isEmpty(), false)), place);
    }

    private void learn(Choice choice, Digest place) {
        if (choice instanceof Choice.Learn learn) {
            List<Endpoint> peers = new ArrayList<>(view.sourcesOf(learn.head().stateAfter()));
            gossip.directory().alive().stream()
                    .flatMap(other -> other.endpoint().stream())
                    .limit(ASKED_FOR_HISTORY)
                    .forEach(peers::add);
            history.connect(
                    learn.head(),
                    place,
                    root().map(Position::head),
                    peers,
                    peer.scheduler().nanoTime());
        }
    }
}
