package org.starling.swarm.node;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.averaging.Matchmaking;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.runtime.Scheduler;

/**
 * What a peer does, time and again: says that it lives, and when nothing is under way decides what to do next. Confined to the
 * protocol thread.
 */
final class Routine {
    private static final Duration TICK = Duration.ofMillis(50);
    private static final Duration LONG_TICK = Duration.ofMillis(500);

    /** How often a banned peer asks others whether it still is: they close the connection each time. */
    private static final Duration HEARTBEAT_OF_THE_BANNED = Duration.ofSeconds(15);

    private final PeerContext peer;
    private final Gossip gossip;
    private final Ledger ledger;
    private final SwarmView view;
    private final Obedience obedience;
    private final Orientation orientation;
    private final Stranding stranding;
    private final ProgressReports reports;
    private final Situation situation;
    private final SampleAccount account;
    private final @Nullable CatchingUp catchingUp;
    private final @Nullable Training training;
    private long heartbeatAtNanos;
    private long swarmSamples;

    /** What only a peer that computes gradients has. */
    record Training(GradientSource gradients, Matchmaking matchmaking, OwnRound round) {}

    /**
     * @param catchingUp null for a peer without a replica
     * @param training null for a peer that computes no gradients
     */
    Routine(
            PeerContext peer,
            Gossip gossip,
            Ledger ledger,
            SwarmView view,
            Obedience obedience,
            Orientation orientation,
            Stranding stranding,
            ProgressReports reports,
            Situation situation,
            SampleAccount account,
            @Nullable CatchingUp catchingUp,
            @Nullable Training training) {
        this.peer = peer;
        this.gossip = gossip;
        this.ledger = ledger;
        this.view = view;
        this.obedience = obedience;
        this.orientation = orientation;
        this.stranding = stranding;
        this.reports = reports;
        this.situation = situation;
        this.account = account;
        this.catchingUp = catchingUp;
        this.training = training;
    }

    /** Begins to look around; the first heartbeat comes with the first {@link #tick}. */
    void begin() {
        heartbeatAtNanos = peer.scheduler().nanoTime()
                - peer.run().membership().heartbeat().toNanos();
        orientation.begin();
    }

    /** Does what is due and comes back by itself until the peer stops. */
    void tick() {
        if (situation.phase() == Phase.STOPPED) {
            return;
        }
        Scheduler scheduler = peer.scheduler();
        scheduler.schedule(untilNextTick(), this::tick);
        long now = scheduler.nanoTime();
        boolean banned = obedience.findOwnBan().isPresent();
        Duration heartbeat =
                banned ? HEARTBEAT_OF_THE_BANNED : peer.run().membership().heartbeat();
        if (now - heartbeatAtNanos >= heartbeat.toNanos()) {
            heartbeatAtNanos = now;
            if (!banned) {
                reports.publishProgress();
            }
            gossip.exchange();
        }
        if (training != null) {
            training.matchmaking().tick();
            if (situation.phase() == Phase.MEETING) {
                situation
                        .position()
                        .flatMap(orientation::findBetterPosition)
                        .ifPresent(better -> training.matchmaking().abandon("the swarm has gone on"));
                if (obedience.findPause().isPresent()) {
                    training.matchmaking().abandon("the authority has paused the run");
                }
            } else if (situation.phase() == Phase.CATCHING_UP) {
                training.matchmaking().leadNobody("This peer has to catch up with the swarm first");
            }
        }
        if (situation.mayDecide()) {
            decide();
        }
        situation.refreshStatus();
    }

    /** Short while something is under way or soon due; otherwise a look now and then is enough. */
    private Duration untilNextTick() {
        if (situation.phase() != Phase.ACCUMULATING || situation.position().isEmpty()) {
            return TICK;
        }
        double speed = view.samplesPerSecond()
                + (training == null ? 0 : training.gradients().samplesPerSecond());
        double missing = peer.run().targetBatchSize() - swarmSamples;
        double longest = Math.min(
                LONG_TICK.toNanos(), peer.run().membership().heartbeat().toNanos() / 4.0);
        // half of what is left, so that the last looks are close together
        double nanos = speed > 0 ? Math.min(longest, missing / speed / 2 * 1e9) : longest;
        return Duration.ofNanos((long) Math.max(TICK.toNanos(), nanos));
    }

    private void decide() {
        Optional<String> ban = obedience.findOwnBan();
        if (ban.isPresent()) {
            situation.explain("The authority has banned this peer: " + ban.get());
            if (training != null) {
                training.matchmaking().leadNobody("This peer is banned");
            }
            return;
        }
        Position mine = situation.position().orElse(null);
        if (mine == null) {
            orientation.follow();
        } else {
            ledger.restore(view::hasSources);
            if (training != null) {
                stranding.look(mine.roundKey());
            }
            Optional<Position> better = orientation.findBetterPosition(mine);
            if (better.isPresent() && catchingUp != null) {
                catchingUp.start(mine, better.get());
                return;
            }
        }
        if (situation.phase() == Phase.STARTING) {
            if (!orientation.hasLookedAround()) {
                situation.explain("It looks for other peers before it begins"
                        + (gossip.lastProblem() == null ? "." : "; " + gossip.lastProblem() + "."));
                return;
            }
            situation.enter(Phase.ACCUMULATING);
        }
        situation.setNewcomer(false);
        if (mine == null || training == null) {
            situation.explain("It computes no gradients; it follows the swarm.");
            return;
        }
        meetIfDue(mine, training);
    }

    private void meetIfDue(Position mine, Training trainer) {
        Optional<String> pause = obedience.findPause();
        if (pause.isPresent()) {
            situation.explain("The authority has paused the run: " + pause.get());
            return;
        }
        Instant expiry = peer.credentials().token().expiresAt();
        if (!peer.scheduler().instant().isBefore(expiry)) {
            // nobody would meet it, and what it committed alone would be a record that it cannot sign and nobody can
            // follow
            situation.explain("Its access token expired at " + expiry + "; it goes on as soon as it has a new one.");
            trainer.matchmaking().leadNobody("This peer's access token has expired");
            return;
        }
        RoundKey key = mine.roundKey();
        long samples = countSwarmSamples();
        if (trainer.gradients().samples() < 1) {
            situation.explain("It has no gradient yet.");
        } else if (samples >= peer.run().targetBatchSize() && isLateEnough(key)) {
            trainer.round().begin(mine);
        } else {
            situation.explain("The swarm has about " + samples + " of the "
                    + peer.run().targetBatchSize() + " samples of epoch " + (key.epoch() + 1) + ".");
        }
    }

    /** Whether so many peers can have computed an epoch's samples since this peer has come to where it stands. */
    private boolean isLateEnough(RoundKey round) {
        long here = peer.scheduler().nanoTime() - situation.arrivedNanos();
        int members = view.companions(round).size() + 1;
        return here >= peer.run().limits().shortestEpoch(members).toNanos();
    }

    /** Samples of all peers towards the next epoch, as far as this peer knows. */
    long countSwarmSamples() {
        Position mine = situation.position().orElse(null);
        if (mine == null || training == null) {
            swarmSamples = view.samplesOfAll();
        } else {
            RoundKey key = mine.roundKey();
            swarmSamples = view.samples(
                    key,
                    training.gradients().samples() + account.inRound(),
                    training.matchmaking().claimedSamples(key));
        }
        return swarmSamples;
    }
}
