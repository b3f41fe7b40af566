package org.starling.swarm.simulation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.starling.swarm.orders.Order;
import org.starling.swarm.simulation.Scenario.Fault;
import org.starling.swarm.virtual.VirtualNetwork;

/** What goes wrong, when, and until when; and what the operator orders. */
final class Faults {
    private static final int ORDER_HANDED_TO = 3;

    private final World world;
    private final Volunteers volunteers;
    private long generation;

    Faults(World world, Volunteers volunteers) {
        this.world = world;
        this.volunteers = volunteers;
    }

    /** Has a fault happen when its time comes. */
    void plan(Fault fault) {
        world.at(fault.at().toNanos(), () -> {
            if (!world.isCalm()) {
                world.recorder.happened("world", fault.toString(), null);
                begin(fault);
            }
        });
    }

    private void begin(Fault fault) {
        if (fault instanceof Fault.Cut cut) {
            world.network.cut(cut.from(), cut.to());
            if (cut.bothWays()) {
                world.network.cut(cut.to(), cut.from());
            }
            after(cut, () -> {
                world.network.heal(cut.from(), cut.to());
                world.network.heal(cut.to(), cut.from());
            });
        } else if (fault instanceof Fault.Outage outage) {
            List<SimulatedPeer> victims = pick(outage.group(), outage.share());
            for (SimulatedPeer victim : victims) {
                volunteers.stop(victim, true);
                victim.away = true;
            }
            after(outage, () -> victims.forEach(this::comeBack));
        } else if (fault instanceof Fault.AuthAway) {
            volunteers.takeAuthorityAway();
            after(fault, volunteers::giveAuthorityBack);
        } else if (fault instanceof Fault.BadLinks bad) {
            world.network.setLoss(bad.loss(), bad.reset());
            after(
                    bad,
                    () -> world.network.setLoss(
                            world.scenario.network().loss(),
                            world.scenario.network().reset()));
        } else if (fault instanceof Fault.FullQueues full) {
            List<SimulatedPeer> busy = pick(full.group(), full.share());
            busy.forEach(peer -> limit(peer, full.calls()));
            after(full, () -> busy.forEach(peer -> limit(peer, VirtualNetwork.MAX_PENDING)));
        } else if (fault instanceof Fault.ClockJump jump) {
            for (SimulatedPeer peer : pick(jump.group(), jump.share())) {
                if (peer.life != null) {
                    peer.life.scheduler.jump((long) (peer.draw(jump.seconds()) * 1e9));
                }
            }
        } else if (fault instanceof Fault.Rollback) {
            rollBack();
        } else if (fault instanceof Fault.Ban ban) {
            pick(ban.group(), ban.share()).forEach(this::ban);
        }
    }

    private void after(Fault fault, Runnable end) {
        world.at(fault.length().toNanos(), () -> {
            if (!world.isCalm()) {
                end.run();
            }
        });
    }

    private static void limit(SimulatedPeer peer, int calls) {
        peer.queue = calls;
        if (peer.life != null) {
            peer.life.host.limit(calls);
        }
    }

    private void comeBack(SimulatedPeer peer) {
        peer.away = false;
        volunteers.start(peer);
    }

    private List<SimulatedPeer> pick(String group, double share) {
        List<SimulatedPeer> members = new ArrayList<>(
                world.peers.stream().filter(p -> p.group.name().equals(group)).toList());
        Collections.shuffle(members, new Random(world.random.nextLong()));
        return members.subList(0, (int) Math.ceil(members.size() * share));
    }

    private void rollBack() {
        for (SimulatedPeer keeper : world.peers) {
            Optional<SimulatedPeer.Kept> newest = keeper.disk.stream()
                    .filter(kept -> kept.generation() == generation)
                    .max(Comparator.comparingLong(kept -> kept.state().epoch()));
            if (keeper.life != null && newest.isPresent()) {
                generation++;
                volunteers.give(
                        List.of(keeper),
                        new Order.Rollback(
                                World.RUN,
                                volunteers.nextOrder(),
                                world.time.now(),
                                generation,
                                newest.get().state()));
                return;
            }
        }
        world.recorder.happened("world", "nothing to roll back to", null);
    }

    private void ban(SimulatedPeer peer) {
        peer.banned = true;
        List<SimulatedPeer> first = world.peers.stream()
                .filter(p -> p.isHealthy() && p.reachable)
                .limit(ORDER_HANDED_TO)
                .toList();
        if (first.isEmpty()) {
            // the operator tries again until there is somebody to tell
            world.at(Volunteers.RETRY.toNanos(), () -> ban(peer));
            return;
        }
        peer.bannedAt = world.time.now();
        world.recorder.happened(peer.name, "is banned", null);
        Order.Subject subject = new Order.Subject.Account("id-of-" + peer.account);
        volunteers.give(
                first, new Order.Ban(World.RUN, volunteers.nextOrder(), world.time.now(), subject, "drawn by lot"));
    }

    /** The last fault is over: links heal, and whoever has a home comes back to it. */
    void calmDown() {
        world.becomeCalm();
        world.network.calm();
        volunteers.restoreAuthority();
        world.recorder.happened("world", "calm", null);
        for (SimulatedPeer peer : world.peers) {
            limit(peer, VirtualNetwork.MAX_PENDING);
            peer.away = false;
            boolean comesBack =
                    peer.group.churn() == null || !peer.group.churn().offline().isZero();
            if (!peer.isUp()
                    && comesBack
                    && world.time.nowNanos() >= peer.group.joins().min() * 1e9) {
                volunteers.start(peer);
            }
        }
    }
}
