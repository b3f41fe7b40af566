package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.node.NodeSettings;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.simulation.Scenario.Churn;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Role;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.testing.ToyGradients;
import org.starling.swarm.testing.ToyReplica;
import org.starling.swarm.virtual.VirtualNetwork;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;

/** The machines of a simulated swarm: who joins when, starts, renews its token, leaves and comes back. */
final class Volunteers {
    static final Duration RETRY = Duration.ofSeconds(10);

    private static final int WEIGHT_LIE = 1_000_000;
    private static final double BOUNDLESS_SAMPLES_PER_SECOND = 1e9;
    private static final Duration LEAVING = Duration.ofSeconds(1);

    private final World world;
    private final PeerWatch watch;
    private final Sabotage sabotage;
    private final RunConfiguration run;
    /** As those have it who have patched out what bounds their claims. */
    private final RunConfiguration boundless;

    private final TestAuthority authority = new TestAuthority(World.RUN);
    private final TrustedAuthority trusted = authority.trusted();
    private final TokenVerifier verifier;
    private final List<SignedOrder> orders = new ArrayList<>();
    private int lives;
    private int authAway;

    Volunteers(World world, PeerWatch watch, Sabotage sabotage) {
        this.world = world;
        this.watch = watch;
        this.sabotage = sabotage;
        this.verifier = new TokenVerifier(() -> trusted, World.RUN, world.time::now);
        this.run = configuration(world.scenario.run().maxSamplesPerSecond());
        this.boundless = configuration(BOUNDLESS_SAMPLES_PER_SECOND);
    }

    private RunConfiguration configuration(double maxSamplesPerSecond) {
        return new RunConfiguration(
                World.RUN,
                "simulated",
                Map.of(),
                world.scenario.run().targetBatchSize(),
                maxSamplesPerSecond,
                sabotage.averaging(world.scenario.run().averaging()),
                world.scenario.run().membership());
    }

    /** Makes all peers; each starts when it joins. */
    void create() {
        double shares =
                world.scenario.groups().stream().mapToDouble(PeerGroup::share).sum();
        double sum = 0;
        int made = 0;
        for (PeerGroup group : world.scenario.groups()) {
            sum += group.share();
            int upTo = (int) Math.round(world.options.peers() * sum / shares);
            for (int i = 0; made < upTo; i++) {
                SimulatedPeer peer = new SimulatedPeer(made++, group, i, world.random.split());
                world.peers.add(peer);
                world.at((long) (peer.draw(group.joins()) * 1e9), () -> start(peer));
            }
        }
    }

    private List<Endpoint> entryPoints(SimulatedPeer of) {
        List<SimulatedPeer> known = new ArrayList<>(world.peers.stream()
                .filter(p -> p.group.role() == Role.ENTRY_POINT)
                .toList());
        if (known.isEmpty()) {
            List<SimulatedPeer> reachable = world.peers.stream()
                    .filter(p -> p.reachable && p != of && !p.banned)
                    .toList();
            List<SimulatedPeer> up =
                    reachable.stream().filter(SimulatedPeer::isUp).toList();
            // whoever keeps the list for newcomers names peers that run and are not banned, as far as there are any
            known = new ArrayList<>(
                    (up.isEmpty() ? reachable : up).stream().limit(5).toList());
        }
        Collections.shuffle(known, new Random(of.random.nextLong()));
        return known.stream()
                .filter(p -> p != of)
                .limit(3)
                .map(p -> new Endpoint(p.address(), null))
                .toList();
    }

    /** Gets a token where none is left, and starts the program. */
    void start(SimulatedPeer peer) {
        if (peer.isUp() || peer.away) {
            return;
        }
        if (peer.token == null || !world.time.now().isBefore(peer.token.expiresAt())) {
            if (authAway > 0 || peer.banned) {
                world.at(RETRY.toNanos(), () -> start(peer));
                return;
            }
            issueToken(peer);
        }
        PeerGroup group = peer.group;
        VirtualScheduler scheduler = new VirtualScheduler(
                world.time, peer.index, new Random(peer.random.nextLong()), peer.slowness, peer.offsetNanos);
        Credentials credentials =
                new Credentials(peer.identity, verifier.at(scheduler), Objects.requireNonNull(peer.token));
        VirtualNetwork.Host host = world.network
        .new Host(peer.index, peer.name, ++lives, group.region(), peer.upload, peer.download, scheduler, credentials);
        host.limit(peer.queue);
        ToyReplica replica =
                peer.isTrainer() ? new ToyReplica(world.scenario.run().elements()) : null;
        ToyGradients trainer =
                replica == null ? null : new ToyGradients(replica, scheduler, claimedSpeed(peer), peer.target);
        List<Endpoint> entryPoints = entryPoints(peer);
        SwarmNode node = new SwarmNode(
                group.lie() == Lie.WEIGHT ? boundless : run,
                new NodeSettings(
                        peer.address(),
                        roles(peer),
                        entryPoints,
                        peer.addresses,
                        peer.isTrainer() ? peer.upload : 0,
                        "simulated"),
                credentials,
                () -> trusted,
                List.copyOf(orders),
                Optional.ofNullable(replica).map(sound -> sabotage.replica(peer, sound)),
                Optional.ofNullable(trainer).map(sound -> sabotage.gradients(peer, sound, scheduler)),
                sabotage.network(peer, host.transport()),
                scheduler);
        sabotage.node(peer, node);
        if (group.lie() != null) {
            world.liars.put(
                    peer.name,
                    new Liar(
                            group.lie(),
                            peer.identity,
                            peer.account,
                            World.RUN,
                            scheduler,
                            peer.random,
                            world::forged));
        }
        host.listen(peer.address(), sabotage.answers(peer, node.handler()));
        SimulatedPeer.Life life =
                new SimulatedPeer.Life(host, scheduler, node, replica, trainer, entryPoints, world.time.nowNanos());
        peer.life = life;
        watch.follow(peer, life);
        world.recorder.happened(peer.name, "starts", peer.identity.id().abbreviated());
        node.start();
        for (SimulatedPeer.Kept kept : peer.disk) {
            node.adopt(kept.record());
            node.serve(kept.state(), kept.snapshot());
        }
        scheduleRenewal(peer, life);
        Churn churn = group.churn();
        if (churn != null) {
            world.at(exponential(peer, churn.online()), () -> {
                if (peer.life == life && !world.isCalm()) {
                    leave(peer, churn);
                }
            });
        }
    }

    private double claimedSpeed(SimulatedPeer peer) {
        if (peer.group.lie() == Lie.WEIGHT) {
            return peer.speed * WEIGHT_LIE;
        }
        return peer.group.lie() == Lie.LIMIT ? run.maxSamplesPerSecond() : peer.speed;
    }

    private static Set<org.starling.swarm.identity.Role> roles(SimulatedPeer peer) {
        return Set.of(
                peer.isTrainer()
                        ? org.starling.swarm.identity.Role.TRAINER
                        : org.starling.swarm.identity.Role.AUXILIARY);
    }

    private void issueToken(SimulatedPeer peer) {
        peer.token = authority.issue(
                peer.identity,
                peer.account,
                roles(peer),
                world.time.now(),
                world.scenario.run().tokenLifetime());
    }

    private void scheduleRenewal(SimulatedPeer peer, SimulatedPeer.Life life) {
        Duration lifetime = world.scenario.run().tokenLifetime();
        Duration age = lifetime.minus(Duration.between(
                world.time.now(), Objects.requireNonNull(peer.token).expiresAt()));
        double at = lifetime.toNanos() / 2.0 * (1 + 0.2 * peer.random.nextDouble());
        world.at((long) (at - age.toNanos()), () -> renew(peer, life));
    }

    private void renew(SimulatedPeer peer, SimulatedPeer.Life life) {
        if (peer.life != life) {
            return;
        }
        if (authAway > 0 || peer.banned) {
            world.at(RETRY.toNanos(), () -> renew(peer, life));
            return;
        }
        issueToken(peer);
        life.host.renew(Objects.requireNonNull(peer.token));
        life.node.announceToken();
        scheduleRenewal(peer, life);
    }

    private static long exponential(SimulatedPeer peer, Duration mean) {
        return (long) (-Math.log(1 - peer.random.nextDouble()) * mean.toNanos());
    }

    private void leave(SimulatedPeer peer, Churn churn) {
        double how = peer.random.nextDouble();
        if (how < churn.crash()) {
            stop(peer, true);
        } else if (how < churn.crash() + churn.kill()) {
            stop(peer, false);
        } else {
            SimulatedPeer.Life life = Objects.requireNonNull(peer.life);
            world.recorder.happened(peer.name, "leaves", null);
            life.node.close();
            world.at(LEAVING.toNanos(), () -> {
                if (peer.life == life) {
                    stop(peer, false);
                }
            });
        }
        if (!churn.offline().isZero()) {
            if (peer.random.nextDouble() < churn.loseDisk()) {
                peer.newDisk = true;
            }
            world.at(LEAVING.toNanos() * 2 + exponential(peer, churn.offline()), () -> start(peer));
        }
    }

    /** @param silently whether nobody is told, as when the power fails */
    void stop(SimulatedPeer peer, boolean silently) {
        SimulatedPeer.Life life = peer.life;
        if (life == null) {
            return;
        }
        world.recorder.happened(peer.name, silently ? "vanishes" : "stops", null);
        peer.ended.add(life.end());
        peer.addresses = life.node.addresses();
        life.host.stop(silently);
        peer.life = null;
        if (peer.newDisk) {
            peer.newDisk = false;
            peer.loseDisk();
        }
    }

    // ---- the authority ----

    /** From now on no tokens are to be had, until this has been taken back as often. */
    void takeAuthorityAway() {
        authAway++;
    }

    void giveAuthorityBack() {
        authAway--;
    }

    /** Whatever happened, tokens are to be had again. */
    void restoreAuthority() {
        authAway = 0;
    }

    /** The number of the next order. */
    long nextOrder() {
        return orders.size() + 1;
    }

    /** Hands an order to some peers, and to everybody who starts from now on. */
    void give(List<SimulatedPeer> first, Order order) {
        if (!sabotage.deliversOrders()) {
            return;
        }
        SignedOrder signed = SignedOrder.sign(order, authority.key());
        orders.add(signed);
        for (SimulatedPeer peer : first) {
            if (peer.life != null) {
                peer.life.node.submit(signed);
            }
        }
    }
}
