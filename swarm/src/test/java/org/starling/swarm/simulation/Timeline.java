package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
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
                states.add(life.seen.state().get().digest());
                boolean atHead = heaviest.isEmpty()
                        || life.seen.headId().equals(heaviest.get().id())
                        || life.seen.headId().equals(heaviest.get().parent());
                training += atHead ? 1 : 0;
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
                    world.peers.stream().mapToLong(SimulatedPeer::computed).sum(),
                    heaviest.map(EpochRecord::totalSamples).orElse(0L),
                    (world.recorder.totalSent() - sentBefore) / seconds / Math.max(1, up),
                    known / (double) Math.max(1, up)));
        }
        sentBefore = world.recorder.totalSent();
    }
}
