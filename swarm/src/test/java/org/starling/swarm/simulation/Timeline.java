package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.simulation.SimulationResult.Moment;

/** How a run goes, at even intervals. */
final class Timeline {
    private final World world;
    private final List<Moment> moments = new ArrayList<>();
    private long sentBefore;

    Timeline(World world) {
        this.world = world;
    }

    List<Moment> moments() {
        return List.copyOf(moments);
    }

    /** Notes a moment now, and one after every interval. */
    void note(Duration interval) {
        world.at(interval.toNanos(), () -> note(interval));
        Optional<EpochRecord> heaviest = world.chronicle.heaviest();
        Set<Digest> states = new HashSet<>();
        int up = 0;
        int training = 0;
        long known = 0;
        for (SimulatedPeer peer : world.peers) {
            SimulatedPeer.Life life = peer.life;
            if (life == null) {
                continue;
            }
            up++;
            known += life.seen.peers().size();
            if (peer.isTrainer() && peer.isHealthy() && life.seen.state().isPresent()) {
                StateReference state = life.seen.state().get();
                states.add(state.digest());
                training += heaviest.isEmpty() || isOn(heaviest.get(), state, life.seen.headId()) ? 1 : 0;
            }
        }
        double seconds = interval.toNanos() / 1e9;
        if (world.time.nowNanos() > 0) {
            moments.add(new Moment(
                    world.time.elapsed(),
                    up,
                    training,
                    heaviest.map(EpochRecord::epoch).orElse(0L),
                    states.size(),
                    world.peers.stream()
                            .filter(SimulatedPeer::tellsWhatItDid)
                            .mapToLong(SimulatedPeer::computed)
                            .sum(),
                    heaviest.map(EpochRecord::totalSamples).orElse(0L),
                    (world.recorder.totalSent() - sentBefore) / seconds / Math.max(1, up),
                    known / (double) Math.max(1, up)));
        }
        sentBefore = world.recorder.totalSent();
    }

    /** At most one epoch behind; the head is looked up now and then only, so that some are before it. */
    private boolean isOn(EpochRecord heaviest, StateReference state, Digest head) {
        return state.epoch() + 1 >= heaviest.epoch() && world.chronicle.areOnOneChain(head, heaviest.id());
    }
}
