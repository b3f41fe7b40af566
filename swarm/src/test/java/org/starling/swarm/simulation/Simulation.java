package org.starling.swarm.simulation;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.simulation.SimulationResult.Distribution;
import org.starling.swarm.simulation.SimulationResult.Violation;
import org.starling.swarm.virtual.VirtualTime;

/** One run of a scenario. Confined to one thread. */
public final class Simulation {
    private static final int REMEMBERED_SIGNATURES = 1 << 18;
    private static final int SHARED_STATEMENTS = 1 << 15;
    private static final int SHARED_RECORDS = 256;
    private static final int SHARED_GROUPS = 64;
    private static final int MOMENTS = 300;

    private final World world;
    private final PeerWatch watch;
    private final Volunteers volunteers;
    private final Faults faults;
    private final Lookout lookout;
    private final Timeline timeline;
    private final SampleAccounts accounts;

    /**
     * @param seed from which all chance is drawn
     * @param peers in total, over all groups
     * @param length virtual time
     * @param patience virtual time after the scenario's last fault within which everybody must agree
     * @param progress told now and then how far the simulation is
     */
    public record Options(long seed, int peers, Duration length, Duration patience, Consumer<Progress> progress) {}

    /**
     * @param virtual time that has passed in the simulation
     * @param wall time that has passed outside
     * @param epoch of the heaviest chain
     * @param up peers that are running
     */
    public record Progress(Duration virtual, Duration wall, long epoch, int up) {}

    private Simulation(Scenario scenario, Options options, Sabotage sabotage) {
        this.world = new World(scenario, options);
        this.watch = new PeerWatch(world);
        this.volunteers = new Volunteers(world, watch, sabotage);
        this.faults = new Faults(world, volunteers);
        this.accounts = new SampleAccounts(world.peers, world.chronicle);
        this.lookout = new Lookout(world, accounts);
        this.timeline = new Timeline(world);
    }

    /**
     * Runs a scenario to its end, to the first invariant that fails, or until the thread is interrupted: the result is of
     * what has happened by then.
     */
    public static SimulationResult run(Scenario scenario, Options options) {
        return run(scenario, options, Sabotage.NONE);
    }

    /** The same with peers that are broken on purpose. */
    static SimulationResult run(Scenario scenario, Options options, Sabotage sabotage) {
        Ed25519.remember(REMEMBERED_SIGNATURES);
        Gossip.share(SHARED_STATEMENTS);
        EpochRecord.share(SHARED_RECORDS);
        Group.share(SHARED_GROUPS);
        Simulation simulation = new Simulation(scenario, options, sabotage);
        MomentConverter.enter(simulation.world);
        try {
            return simulation.run();
        } finally {
            MomentConverter.leave();
        }
    }

    private SimulationResult run() {
        long begun = System.nanoTime();
        volunteers.create();
        world.scenario.faults().forEach(faults::plan);
        if (!world.scenario.calm().isZero()) {
            world.at(world.scenario.calm().toNanos(), faults::calmDown);
        }
        lookout.look();
        Duration interval = world.options.length().dividedBy(MOMENTS);
        timeline.note(interval.compareTo(Lookout.INTERVAL) < 0 ? Lookout.INTERVAL : interval);
        Optional<Violation> violation = Optional.empty();
        try {
            runEvents(begun);
            accounts.check(world.invariants);
            if (!world.scenario.calm().isZero()) {
                world.invariants.signedInTheEnd(
                        world.chronicle.unsigned(), VirtualTime.START.plus(world.scenario.calm()), world.time.now());
            }
        } catch (ViolationException e) {
            List<String> names = e.peers().stream().map(SimulatedPeer::toString).toList();
            violation = Optional.of(new Violation(
                    e.invariant(),
                    String.valueOf(e.getMessage()),
                    world.time.elapsed(),
                    names,
                    world.recorder.trace(names)));
        }
        return result(Duration.ofNanos(System.nanoTime() - begun), violation);
    }

    private void runEvents(long begun) {
        long end = world.options.length().toNanos();
        long steps = 0;
        while (true) {
            int owner;
            try {
                owner = world.time.runNext(end);
            } catch (ViolationException e) {
                throw e;
            } catch (RuntimeException e) {
                StringWriter stack = new StringWriter();
                e.printStackTrace(new PrintWriter(stack));
                throw new ViolationException("no defect", stack.toString(), List.of());
            }
            watch.requireNothingFailed();
            if (owner == VirtualTime.NOTHING) {
                return;
            }
            if (owner >= 0) {
                watch.inspect(world.peers.get(owner));
            }
            if ((++steps & 0xfff) == 0 && Thread.interrupted()) {
                return;
            }
            if ((steps & 0xfffff) == 0) {
                world.options
                        .progress()
                        .accept(new Progress(
                                world.time.elapsed(),
                                Duration.ofNanos(System.nanoTime() - begun),
                                world.chronicle
                                        .heaviest()
                                        .map(EpochRecord::epoch)
                                        .orElse(0L),
                                (int) world.peers.stream()
                                        .filter(SimulatedPeer::isUp)
                                        .count()));
            }
        }
    }

    private SimulationResult result(Duration wall, Optional<Violation> violation) {
        List<EpochRecord> chain = world.chronicle.heaviestChain();
        Map<String, Distribution> traffic = new TreeMap<>();
        double seconds = Math.max(1e-9, world.time.nowNanos() / 1e9);
        world.recorder
                .bytes()
                .forEach((purpose, perPeer) -> traffic.put(
                        purpose,
                        Distribution.of(Arrays.stream(perPeer)
                                .mapToDouble(b -> b / seconds)
                                .toArray())));
        Map<String, Distribution> waits = new LinkedHashMap<>();
        for (Phase phase : List.of(Phase.STARTING, Phase.MEETING, Phase.AVERAGING, Phase.STEPPING, Phase.CATCHING_UP)) {
            waits.put(
                    phase.name().toLowerCase(Locale.ROOT).replace('_', ' '), world.recorder.measured("phase " + phase));
        }
        return new SimulationResult(
                world.scenario,
                world.options.seed(),
                world.options.peers(),
                world.time.elapsed(),
                wall,
                world.time.executed(),
                Long.toHexString(world.time.hash()),
                chain.size(),
                world.chronicle.unsigned().size(),
                Map.copyOf(watch.voids()),
                accounts.sum(),
                lookout.forks(),
                world.recorder.measured("view"),
                world.recorder.measured("seen"),
                traffic,
                waits,
                timeline.moments(),
                violation);
    }
}
