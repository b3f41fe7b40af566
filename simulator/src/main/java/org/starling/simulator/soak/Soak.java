package org.starling.simulator.soak;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.testing.SocketSwarm;
import org.starling.swarm.testing.SocketSwarm.Peer;

/**
 * Kills, stops and starts peers at random while they train together over real sockets and TLS. In the end those that live must
 * be in one state, and nothing may be left when they have stopped.
 */
final class Soak {
    private static final int ELEMENTS = 1_000_000;
    private static final int TARGET_BATCH_SIZE = 400;
    private static final int FEWEST = 3;
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration WARM_UP = Duration.ofSeconds(60);
    private static final Duration SETTLING = Duration.ofSeconds(120);
    private static final Duration CLEARING = Duration.ofSeconds(30);
    private static final Duration REPORT_EVERY = Duration.ofSeconds(60);

    private final int most;
    private final Random random;
    private final PrintStream out;
    private int starts;
    private int kills;
    private int stops;
    private long epochs;

    /** @param most peers that live at once */
    Soak(int most, long seed, PrintStream out) {
        this.most = most;
        this.random = new Random(seed);
        this.out = out;
    }

    /** Returns what was wrong, a sentence each; nothing if all is well. */
    List<String> run(Duration time) throws IOException, InterruptedException {
        // what the first peers of a process allocate is kept by it
        try (SocketSwarm warmUp = swarm()) {
            startSome(warmUp);
            if (!waitUntil(warmUp::everybodyTakesPart, WARM_UP)) {
                return List.of("Before anything was done to them, " + most + " peers did not get to train together");
            }
        }
        waitUntil(() -> Resources.now().peerThreads() == 0, CLEARING);
        Resources before = Resources.now();
        out.println("before:  " + before);
        List<String> problems = new ArrayList<>();
        try (SocketSwarm swarm = swarm()) {
            startSome(swarm);
            disturb(swarm, System.nanoTime() + time.toNanos());
            settle(swarm).ifPresent(problems::add);
            out.println("at work: " + Resources.now());
        }
        waitUntil(() -> Resources.now().leaksSince(before).isEmpty(), CLEARING);
        Resources after = Resources.now();
        out.println("after:   " + after);
        problems.addAll(after.leaksSince(before));
        out.println(starts + " starts, " + kills + " kills, " + stops + " stops, " + epochs + " epochs");
        return problems;
    }

    private static SocketSwarm swarm() {
        return new SocketSwarm(SocketSwarm.shortRun("soak/run", TARGET_BATCH_SIZE), ELEMENTS);
    }

    private void startSome(SocketSwarm swarm) throws IOException {
        while (swarm.peers().size() < most) {
            start(swarm);
        }
    }

    /** Every third peer's port is closed. */
    private void start(SocketSwarm swarm) throws IOException {
        long reachable = swarm.peers().stream().filter(Peer::isReachable).count();
        if (reachable >= 2 && random.nextInt(3) == 0) {
            swarm.addOutboundOnlyTrainer();
        } else {
            swarm.addTrainer();
        }
        starts++;
    }

    private void disturb(SocketSwarm swarm, long endNanos) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        long reported = begin;
        while (System.nanoTime() < endNanos) {
            Thread.sleep(random.nextInt(1000, 6000));
            List<Peer> peers = swarm.peers();
            Peer chosen = peers.get(random.nextInt(peers.size()));
            boolean dispensable = !chosen.isReachable()
                    || peers.stream().filter(Peer::isReachable).count() > 2;
            if (peers.size() < most && random.nextBoolean() || peers.size() <= FEWEST) {
                start(swarm);
            } else if (dispensable && random.nextInt(3) > 0) {
                swarm.kill(chosen);
                kills++;
            } else if (dispensable) {
                swarm.stop(chosen);
                stops++;
            }
            if (System.nanoTime() - reported >= REPORT_EVERY.toNanos()) {
                reported = System.nanoTime();
                out.printf(
                        "%4d s: %d peers, epoch %d, %s%n",
                        (reported - begin) / 1_000_000_000, swarm.peers().size(), newestEpoch(swarm), Resources.now());
            }
        }
    }

    /** Lets those that live come to one state; what was wrong if they do not. */
    private Optional<String> settle(SocketSwarm swarm) throws InterruptedException {
        boolean together = waitUntil(swarm::everybodyTakesPart, SETTLING);
        boolean agreed = waitUntil(() -> swarm.commonState().isPresent(), SETTLING);
        epochs = newestEpoch(swarm);
        swarm.commonState()
                .ifPresent(state -> out.println("one state: epoch " + state.epoch() + ", " + state.digest()));
        if (together && agreed) {
            return Optional.empty();
        }
        List<String> told = swarm.peers().stream()
                .map(peer -> peer.account + " " + peer.status().state() + ": "
                        + peer.status().explanation())
                .toList();
        return Optional.of("After " + SETTLING + " without a fault the peers "
                + (agreed ? "do not all take part" : "are in different states") + ": " + String.join("; ", told));
    }

    private static long newestEpoch(SocketSwarm swarm) {
        return swarm.peers().stream()
                .flatMap(peer -> peer.status().state().stream())
                .mapToLong(StateReference::epoch)
                .max()
                .orElse(0);
    }

    private static boolean waitUntil(BooleanSupplier condition, Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(PAUSE.toMillis());
        }
        return true;
    }
}
