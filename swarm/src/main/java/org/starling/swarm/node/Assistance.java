package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.Contradiction;
import org.starling.swarm.averaging.Distrust;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.averaging.Offer;
import org.starling.swarm.averaging.Round;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.wire.RefusalException;

/**
 * How a peer that computes no gradients helps the others to average, with the bandwidth that it has: it stands ready at the peer that
 * leads the next round, is given a span, reduces it, and knows nothing of the gradient otherwise. It has no vote and is not in the
 * record. Confined to the protocol thread.
 */
final class Assistance {
    private static final Logger log = LoggerFactory.getLogger(Assistance.class);
    private static final Duration LOOK = Duration.ofMillis(250);

    /** Once this long the offer is made again; the leader holds it as long. */
    private static final Duration OFFER = Duration.ofSeconds(60);

    /** More than there are rounds, one after another, in a long time. */
    private static final int REMEMBERED = 1024;

    private final PeerContext peer;
    private final Ledger ledger;
    private final SwarmView view;
    private final OrderBook orders;
    private final Rounds rounds;
    private final Situation situation;
    private final Predicate<Group.Member> unwelcome;
    private final Callbacks callbacks;
    private final Set<PeerId> failed = new HashSet<>();
    private final Set<ByteString> helped = Collections.newSetFromMap(BoundedMaps.ofNewest(REMEMBERED));
    private @Nullable RoundKey offeredFor;
    private boolean offering;
    private @Nullable Round current;

    /** What a round reports. */
    interface Callbacks {
        void unreachable(PeerId member);

        void contradicted(Contradiction contradiction);
    }

    Assistance(
            PeerContext peer,
            Ledger ledger,
            SwarmView view,
            OrderBook orders,
            Rounds rounds,
            Situation situation,
            Predicate<Group.Member> unwelcome,
            Callbacks callbacks) {
        this.peer = peer;
        this.ledger = ledger;
        this.view = view;
        this.orders = orders;
        this.rounds = rounds;
        this.situation = situation;
        this.unwelcome = unwelcome;
        this.callbacks = callbacks;
    }

    /** Looks now and then whether there is a round to help in, until the peer stops. */
    void begin() {
        if (situation.phase() == NodeStatus.Phase.STOPPED) {
            return;
        }
        peer.scheduler().schedule(LOOK, this::begin);
        if (!offering && current == null) {
            ledger.head(orders.generation()).ifPresent(this::offer);
        }
    }

    /** Whether a round may begin here before its manifest has come. */
    boolean mayBegin() {
        return offering;
    }

    private void offer(EpochRecord head) {
        RoundKey round = Position.after(head).roundKey();
        if (!round.equals(offeredFor)) {
            offeredFor = round;
            failed.clear();
        }
        if (head.nextSubgroupsLog2() > 0 || !Offer.isPossible(peer.run().averaging())) {
            return;
        }
        Optional<PeerView> leader = candidates(round).stream()
                .filter(candidate -> !failed.contains(candidate.id()))
                .findFirst();
        if (leader.isEmpty()) {
            failed.clear();
            return;
        }
        PeerId candidate = leader.get().id();
        offering = true;
        Offer.make(
                        round,
                        peer.settings().bandwidth(),
                        peer.run(),
                        peer.credentials(),
                        leader.get().endpoint().orElseThrow(),
                        OFFER,
                        peer.calls(),
                        peer.scheduler())
                .whenComplete(peer.scheduler().guarded((group, failure) -> {
                    offering = false;
                    if (failure == null && helped.add(group.id())) {
                        help(group);
                    } else if (failure == null) {
                        // whoever averages the same parts anew contradicts itself
                        log.warn("{} leads a round in which this peer has helped", candidate.abbreviated());
                        failed.add(candidate);
                    } else if (!(Futures.cause(failure) instanceof RefusalException refusal)
                            || refusal.reason() == RefusalException.Reason.NOT_LEADER) {
                        failed.add(candidate);
                    }
                }));
    }

    private List<PeerView> candidates(RoundKey round) {
        return view.companions(round).stream()
                .filter(trainer -> trainer.endpoint().isPresent())
                .sorted(Comparator.<PeerView, Digest>comparing(trainer -> round.rank(trainer.id())))
                .toList();
    }

    private void help(Group group) {
        Round round = new Round(
                group,
                new float[0],
                peer.credentials().identity(),
                peer.run().averaging(),
                peer.calls(),
                peer.scheduler(),
                // it has no gradient that could be left out
                new Distrust(peer.scheduler()),
                callbacks::unreachable,
                callbacks::contradicted);
        current = round;
        rounds.remember(round);
        log.info("This peer helps {} with {}", group.round(), group);
        round.start().whenComplete(peer.scheduler().guarded((end, failure) -> current = null));
        round.exclude(unwelcome);
        rounds.answerEarlyCalls(round);
    }

    /** Ends what is under way. */
    void abandon(String why) {
        if (current != null) {
            current.abandon(why);
        }
    }
}
