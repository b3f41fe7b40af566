package org.starling.swarm.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeSettings;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.simulation.Scenario.Churn;
import org.starling.swarm.simulation.Scenario.Fault;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Role;
import org.starling.swarm.simulation.SimulationResult.Distribution;
import org.starling.swarm.simulation.SimulationResult.Fork;
import org.starling.swarm.simulation.SimulationResult.Moment;
import org.starling.swarm.simulation.SimulationResult.Violation;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.testing.ToyGradients;
import org.starling.swarm.testing.ToyReplica;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;

/** One run of a scenario. Confined to one thread. */
public final class Simulation {
    private static final String RUN = "simulated/run";
    private static final int WORLD = -1;
    private static final int REMEMBERED_SIGNATURES = 1 << 18;
    private static final int SHARED_STATEMENTS = 1 << 15;
    private static final int SHARED_RECORDS = 256;
    private static final int SHARED_GROUPS = 64;
    private static final int ORDER_HANDED_TO = 3;
    private static final int SAMPLED_PEERS = 25;
    private static final int MOMENTS = 300;
    private static final int WEIGHT_LIE = 1_000_000;
    private static final double BOUNDLESS_SAMPLES_PER_SECOND = 1e9;
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration KEEPING_UP = Duration.ofSeconds(15);
    private static final Duration RETRY = Duration.ofSeconds(10);
    private static final Duration LEAVING = Duration.ofSeconds(1);
    private static final Duration KEEP_PATIENCE = Duration.ofSeconds(30);

    private final Options options;
    private final Scenario scenario;
    private final RunConfiguration run;
    /** As those have it who have patched out what bounds their claims. */
    private final RunConfiguration boundless;

    private final EventQueue events = new EventQueue();
    private final SplittableRandom random;
    private final Recorder recorder;
    private final Chronicle chronicle = new Chronicle();
    private final Invariants invariants;
    private final SimulatedNetwork network;
    private final TestAuthority authority = new TestAuthority(RUN);
    private final TrustedAuthority trusted = authority.trusted();
    private final TokenVerifier verifier =
            new TokenVerifier(() -> trusted, RUN, () -> EventQueue.START.plusNanos(events.nowNanos()));
    private final List<SimulatedPeer> peers = new ArrayList<>();
    private final SampleAccounts accounts = new SampleAccounts(peers, chronicle);
    private final List<SignedOrder> orders = new ArrayList<>();
    private final Set<Digest> forged = new HashSet<>();
    private final Map<String, Long> voids = new TreeMap<>();
    private final List<Fork> forks = new ArrayList<>();
    private final List<Moment> moments = new ArrayList<>();
    private @Nullable Duration forkBegan;
    private @Nullable Digest lighterHead;
    private @Nullable Duration agreedAt;
    private @Nullable ViolationException failed;
    private final java.util.ArrayDeque<Long> recentEpochs = new java.util.ArrayDeque<>();
    private int lives;
    private int authAway;
    private long generation;
    private boolean calm;
    private long sentBefore;
    private long samplesBefore;

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

    private Simulation(Scenario scenario, Options options) {
        this.scenario = scenario;
        this.options = options;
        this.random = new SplittableRandom(options.seed());
        this.recorder = new Recorder(events, options.peers());
        this.invariants =
                new Invariants(scenario.run().averaging(), RUN, chronicle, this::isMadeUp, this::isUndisturbed);
        this.network = new SimulatedNetwork(events, random.split(), scenario.network(), recorder);
        this.run = configuration(scenario.run().maxSamplesPerSecond());
        this.boundless = configuration(BOUNDLESS_SAMPLES_PER_SECOND);
    }

    private RunConfiguration configuration(double maxSamplesPerSecond) {
        return new RunConfiguration(
                RUN,
                "simulated",
                Map.of(),
                scenario.run().targetBatchSize(),
                maxSamplesPerSecond,
                scenario.run().averaging(),
                scenario.run().membership());
    }

    /**
     * Runs a scenario to its end, to the first invariant that fails, or until the thread is interrupted: the result is of
     * what has happened by then.
     */
    public static SimulationResult run(Scenario scenario, Options options) {
        Ed25519.remember(REMEMBERED_SIGNATURES);
        Gossip.share(SHARED_STATEMENTS);
        EpochRecord.share(SHARED_RECORDS);
        Group.share(SHARED_GROUPS);
        return new Simulation(scenario, options).run();
    }

    private SimulationResult run() {
        long begun = System.nanoTime();
        createPeers();
        scenario.faults().forEach(this::plan);
        if (!scenario.calm().isZero()) {
            events.at(scenario.calm().toNanos(), WORLD, this::calmDown);
        }
        look();
        moment(
                options.length().dividedBy(MOMENTS).compareTo(LOOK) < 0
                        ? LOOK
                        : options.length().dividedBy(MOMENTS));
        Optional<Violation> violation = Optional.empty();
        try {
            runEvents(begun);
            accounts.check(invariants);
        } catch (ViolationException e) {
            List<String> names = e.peers().stream().map(SimulatedPeer::toString).toList();
            violation = Optional.of(new Violation(
                    e.invariant(), String.valueOf(e.getMessage()), events.now(), names, recorder.trace(names)));
        }
        return result(Duration.ofNanos(System.nanoTime() - begun), violation);
    }

    private void runEvents(long begun) {
        long end = options.length().toNanos();
        long steps = 0;
        while (true) {
            int owner;
            try {
                owner = events.runNext(end);
            } catch (ViolationException e) {
                throw e;
            } catch (RuntimeException e) {
                java.io.StringWriter stack = new java.io.StringWriter();
                e.printStackTrace(new java.io.PrintWriter(stack));
                throw new ViolationException("no defect", stack.toString(), List.of());
            }
            if (failed != null) {
                throw failed;
            }
            if (owner == EventQueue.NOTHING) {
                return;
            }
            if (owner >= 0) {
                inspect(peers.get(owner));
            }
            if ((++steps & 0xfff) == 0 && Thread.interrupted()) {
                return;
            }
            if ((steps & 0xfffff) == 0) {
                options.progress()
                        .accept(new Progress(
                                events.now(),
                                Duration.ofNanos(System.nanoTime() - begun),
                                chronicle.heaviest().map(EpochRecord::epoch).orElse(0L),
                                (int) peers.stream().filter(SimulatedPeer::isUp).count()));
            }
        }
    }

    // ---- the world ----

    private void createPeers() {
        double shares = scenario.groups().stream().mapToDouble(PeerGroup::share).sum();
        double sum = 0;
        int made = 0;
        for (PeerGroup group : scenario.groups()) {
            sum += group.share();
            int upTo = (int) Math.round(options.peers() * sum / shares);
            for (int i = 0; made < upTo; i++) {
                SimulatedPeer peer = new SimulatedPeer(made++, group, i, random.split());
                peers.add(peer);
                events.at((long) (peer.draw(group.joins()) * 1e9), WORLD, () -> start(peer));
            }
        }
    }

    private List<Endpoint> entryPoints(SimulatedPeer of) {
        List<SimulatedPeer> known = new ArrayList<>(
                peers.stream().filter(p -> p.group.role() == Role.ENTRY_POINT).toList());
        if (known.isEmpty()) {
            List<SimulatedPeer> reachable =
                    peers.stream().filter(p -> p.reachable && p != of).toList();
            List<SimulatedPeer> up =
                    reachable.stream().filter(SimulatedPeer::isUp).toList();
            // whoever keeps the list for newcomers names peers that run, as far as there are any
            known = new ArrayList<>(
                    (up.isEmpty() ? reachable : up).stream().limit(5).toList());
        }
        Collections.shuffle(known, new java.util.Random(of.random.nextLong()));
        return known.stream()
                .filter(p -> p != of)
                .limit(3)
                .map(p -> new Endpoint(p.address(), null))
                .toList();
    }

    private Instant trueTime() {
        return EventQueue.START.plusNanos(events.nowNanos());
    }

    /** Gets a token where none is left, and starts the program. */
    private void start(SimulatedPeer peer) {
        if (peer.isUp() || peer.away) {
            return;
        }
        if (peer.token == null || !trueTime().isBefore(peer.token.expiresAt())) {
            if (authAway > 0 || peer.banned) {
                events.at(RETRY.toNanos(), WORLD, () -> start(peer));
                return;
            }
            issueToken(peer);
        }
        PeerGroup group = peer.group;
        SimulatedScheduler scheduler = new SimulatedScheduler(
                events, peer.index, new java.util.Random(peer.random.nextLong()), peer.slowness, peer.offsetNanos);
        Credentials credentials =
                new Credentials(peer.identity, verifier.at(scheduler), java.util.Objects.requireNonNull(peer.token));
        SimulatedNetwork.Host host = network
        .new Host(peer.index, peer.name, ++lives, group.region(), peer.upload, peer.download, scheduler, credentials);
        ToyReplica replica = peer.isTrainer() ? new ToyReplica(scenario.run().elements()) : null;
        ToyGradients trainer =
                replica == null ? null : new ToyGradients(replica, scheduler, claimedSpeed(peer), peer.target);
        SwarmNode node = new SwarmNode(
                group.lie() == Lie.WEIGHT ? boundless : run,
                new NodeSettings(
                        peer.address(), roles(peer), entryPoints(peer), peer.addresses, peer.upload, "simulated"),
                credentials,
                () -> trusted,
                List.copyOf(orders),
                Optional.ofNullable(replica),
                Optional.ofNullable(trainer),
                host.transport(),
                scheduler);
        Liar liar = group.lie() == null
                ? null
                : new Liar(group.lie(), peer.identity, peer.account, RUN, scheduler, peer.random, forged::add);
        host.listen(peer.address(), node.handler(), liar);
        SimulatedPeer.Life life = new SimulatedPeer.Life(host, scheduler, node, replica, trainer, events.nowNanos());
        peer.life = life;
        node.addListener(new Listener(peer, life));
        recorder.happened(peer.name, "starts", peer.identity.id().abbreviated());
        node.start();
        for (SimulatedPeer.Kept kept : peer.disk) {
            node.adopt(kept.record());
            node.serve(kept.state(), kept.snapshot());
        }
        scheduleRenewal(peer, life);
        Churn churn = group.churn();
        if (churn != null) {
            events.at(exponential(peer, churn.online()), WORLD, () -> {
                if (peer.life == life && !calm) {
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
                trueTime(),
                scenario.run().tokenLifetime());
    }

    private void scheduleRenewal(SimulatedPeer peer, SimulatedPeer.Life life) {
        Duration half = scenario.run().tokenLifetime().dividedBy(2);
        events.at((long) (half.toNanos() * (1 + 0.2 * peer.random.nextDouble())), WORLD, () -> renew(peer, life));
    }

    private void renew(SimulatedPeer peer, SimulatedPeer.Life life) {
        if (peer.life != life) {
            return;
        }
        if (authAway > 0 || peer.banned) {
            events.at(RETRY.toNanos(), WORLD, () -> renew(peer, life));
            return;
        }
        issueToken(peer);
        life.host.renew(java.util.Objects.requireNonNull(peer.token));
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
            SimulatedPeer.Life life = java.util.Objects.requireNonNull(peer.life);
            recorder.happened(peer.name, "leaves", null);
            life.node.close();
            events.at(LEAVING.toNanos(), WORLD, () -> {
                if (peer.life == life) {
                    stop(peer, false);
                }
            });
        }
        if (!churn.offline().isZero()) {
            if (peer.random.nextDouble() < churn.loseDisk()) {
                peer.newDisk = true;
            }
            events.at(LEAVING.toNanos() * 2 + exponential(peer, churn.offline()), WORLD, () -> start(peer));
        }
    }

    private void stop(SimulatedPeer peer, boolean silently) {
        SimulatedPeer.Life life = peer.life;
        if (life == null) {
            return;
        }
        recorder.happened(peer.name, silently ? "vanishes" : "stops", null);
        peer.ended.add(life.end());
        peer.addresses = life.node.addresses();
        life.host.stop(silently);
        peer.life = null;
        if (peer.newDisk) {
            peer.newDisk = false;
            peer.loseDisk();
        }
    }

    // ---- faults ----

    private void plan(Fault fault) {
        events.at(fault.at().toNanos(), WORLD, () -> {
            if (!calm) {
                recorder.happened("world", fault.toString(), null);
                begin(fault);
            }
        });
    }

    private void begin(Fault fault) {
        if (fault instanceof Fault.Cut cut) {
            network.cut(cut.from(), cut.to());
            if (cut.bothWays()) {
                network.cut(cut.to(), cut.from());
            }
            after(cut, () -> {
                network.heal(cut.from(), cut.to());
                network.heal(cut.to(), cut.from());
            });
        } else if (fault instanceof Fault.Outage outage) {
            List<SimulatedPeer> victims = pick(outage.group(), outage.share());
            for (SimulatedPeer victim : victims) {
                stop(victim, true);
                victim.away = true;
            }
            after(outage, () -> victims.forEach(this::comeBack));
        } else if (fault instanceof Fault.AuthAway) {
            authAway++;
            after(fault, () -> authAway--);
        } else if (fault instanceof Fault.BadLinks bad) {
            network.setLoss(bad.loss(), bad.reset());
            after(
                    bad,
                    () -> network.setLoss(
                            scenario.network().loss(), scenario.network().reset()));
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
        events.at(fault.length().toNanos(), WORLD, () -> {
            if (!calm) {
                end.run();
            }
        });
    }

    private void comeBack(SimulatedPeer peer) {
        peer.away = false;
        start(peer);
    }

    private List<SimulatedPeer> pick(String group, double share) {
        List<SimulatedPeer> members = new ArrayList<>(
                peers.stream().filter(p -> p.group.name().equals(group)).toList());
        Collections.shuffle(members, new java.util.Random(random.nextLong()));
        return members.subList(0, (int) Math.ceil(members.size() * share));
    }

    private void rollBack() {
        for (SimulatedPeer keeper : peers) {
            Optional<SimulatedPeer.Kept> newest = keeper.disk.stream()
                    .filter(kept -> kept.generation() == generation)
                    .max(Comparator.comparingLong(kept -> kept.state().epoch()));
            if (keeper.life != null && newest.isPresent()) {
                generation++;
                give(
                        List.of(keeper),
                        new Order.Rollback(
                                RUN,
                                orders.size() + 1,
                                trueTime(),
                                generation,
                                newest.get().state()));
                return;
            }
        }
        recorder.happened("world", "nothing to roll back to", null);
    }

    private void ban(SimulatedPeer peer) {
        peer.banned = true;
        List<SimulatedPeer> first = peers.stream()
                .filter(p -> p.isHealthy() && p.reachable)
                .limit(ORDER_HANDED_TO)
                .toList();
        if (first.isEmpty()) {
            // the operator tries again until there is somebody to tell
            events.at(RETRY.toNanos(), WORLD, () -> ban(peer));
            return;
        }
        peer.bannedAt = trueTime();
        recorder.happened(peer.name, "is banned", null);
        Order.Subject subject = new Order.Subject.Account("id-of-" + peer.account);
        give(first, new Order.Ban(RUN, orders.size() + 1, trueTime(), subject, "drawn by lot"));
    }

    /** Hands an order to some peers, and to everybody who starts from now on. */
    private void give(List<SimulatedPeer> first, Order order) {
        SignedOrder signed = SignedOrder.sign(order, authority.key());
        orders.add(signed);
        for (SimulatedPeer peer : first) {
            if (peer.life != null) {
                peer.life.node.submit(signed);
            }
        }
    }

    /** The last fault is over: links heal, and whoever has a home comes back to it. */
    private void calmDown() {
        calm = true;
        network.calm();
        authAway = 0;
        recorder.happened("world", "calm", null);
        for (SimulatedPeer peer : peers) {
            peer.away = false;
            boolean comesBack =
                    peer.group.churn() == null || !peer.group.churn().offline().isZero();
            if (!peer.isUp()
                    && comesBack
                    && events.nowNanos() >= peer.group.joins().min() * 1e9) {
                start(peer);
            }
        }
    }

    // ---- what peers do ----

    private final class Listener implements NodeListener {
        private final SimulatedPeer peer;
        private final SimulatedPeer.Life life;

        Listener(SimulatedPeer peer, SimulatedPeer.Life life) {
            this.peer = peer;
            this.life = life;
        }

        @Override
        public void recordBecameFinal(EpochRecord record) {
            if (!peer.isHonest()) {
                return;
            }
            if (network.isWhole()) {
                check(() -> invariants.nobodyBanned(record, peers));
            }
            if (chronicle.add(record)) {
                events.note(record.stateAfter().hashCode());
                life.node
                        .exportRecord(record.id())
                        .thenAccept(shown -> check(() -> invariants.recordBecameFinal(peer, record, shown)));
            }
            if (peer.group.role() == Role.KEEPER
                    && record.epoch() % scenario.run().keepEvery() == 0) {
                keep(record);
            }
        }

        private void keep(EpochRecord record) {
            StateReference state = record.stateReference();
            life.node
                    .fetchState(state, KEEP_PATIENCE)
                    .thenAccept(snapshot -> life.node
                            .exportRecord(record.id())
                            .thenAccept(shown -> shown.ifPresent(message -> {
                                peer.disk.add(new SimulatedPeer.Kept(state, record.generation(), snapshot, message));
                                if (peer.disk.size() > 3) {
                                    peer.disk.remove(0);
                                }
                                life.node.serve(state, snapshot);
                            })));
        }

        @Override
        public void replicaAdvanced(long newGeneration, StateReference state) {
            events.note(state.digest().hashCode());
            if (peer.isHonest()) {
                recorder.happened(peer.name, "is at epoch", state.epoch() + " of generation " + newGeneration);
                check(() -> invariants.replicaAdvanced(peer, life, state));
            }
        }

        /** What is thrown in here would be caught by the node's futures. */
        private void check(Runnable invariant) {
            try {
                invariant.run();
            } catch (ViolationException e) {
                failed = e;
            }
        }
    }

    /** Looks at a peer after each of its events. */
    private void inspect(SimulatedPeer peer) {
        SimulatedPeer.Life life = peer.life;
        if (life == null) {
            return;
        }
        NodeStatus now = life.node.status();
        NodeStatus before = life.seen;
        if (now == before) {
            return;
        }
        life.seen = now;
        if (peer.isHonest()) {
            invariants.statusChanged(peer, before, now, this::isHeld);
        }
        if (now.roundsVoid() > before.roundsVoid()) {
            voids.merge(reason(now.explanation()), 1L, Long::sum);
        }
        if (now.phase() != life.phase) {
            if (life.phase != Phase.ACCUMULATING) {
                recorder.measure("phase " + life.phase, (events.nowNanos() - life.phaseSinceNanos) / 1e9);
            }
            recorder.happened(peer.name, now.phase().toString(), now.explanation());
            life.phase = now.phase();
            life.phaseSinceNanos = events.nowNanos();
        }
    }

    private boolean isUndisturbed() {
        boolean churns = scenario.groups().stream().anyMatch(group -> group.churn() != null);
        return agreedAt != null || !churns && scenario.faults().isEmpty();
    }

    private boolean isMadeUp(EpochRecord record) {
        return forged.contains(record.id())
                || record.members().stream().noneMatch(member -> tellsWhatItDid(member.peer()));
    }

    private boolean tellsWhatItDid(PeerId id) {
        return peers.stream()
                .filter(SimulatedPeer::tellsWhatItDid)
                .flatMap(peer -> peer.identities().stream())
                .anyMatch(identity -> identity.id().equals(id));
    }

    private boolean isHeld(Digest state) {
        return network.isWhole()
                && peers.stream()
                        .anyMatch(p -> p.life != null
                                && p.reachable
                                && p.life.seen
                                        .state()
                                        .filter(s -> s.digest().equals(state))
                                        .isPresent());
    }

    /** The reason without the names in it, so that like ones can be counted together. */
    private static String reason(String explanation) {
        return explanation
                .replaceFirst("^The last round was void: ", "")
                .replaceAll("\\S+/[0-9a-f]{6,}\\S*", "a peer")
                .replaceAll("\\b[0-9a-f]{8,}\\S*", "a peer")
                .replaceAll("\\d+", "n")
                .replaceAll("\\.$", "");
    }

    // ---- what an observer sees who sees all ----

    private void look() {
        events.at(LOOK.toNanos(), WORLD, this::look);
        int up = 0;
        Map<Digest, List<SimulatedPeer>> byHead = new LinkedHashMap<>();
        for (SimulatedPeer peer : peers) {
            SimulatedPeer.Life life = peer.life;
            if (life == null) {
                continue;
            }
            up++;
            if (!peer.isHealthy()) {
                continue;
            }
            lookAtView(peer, life);
            if (peer.isTrainer()) {
                byHead.computeIfAbsent(life.seen.headId(), h -> new ArrayList<>())
                        .add(peer);
                invariants.phaseLasts(peer, life.phase, Duration.ofNanos(events.nowNanos() - life.phaseSinceNanos));
            }
        }
        for (SimulatedPeer peer : peers) {
            if (peer.life != null) {
                invariants.bounded(peer, peer.life, up);
            }
        }
        Map<Digest, Integer> standing = new LinkedHashMap<>();
        byHead.forEach((head, there) -> standing.put(head, there.size()));
        chronicle.look(standing);
        lookForForks(List.copyOf(byHead.keySet()));
        lookForAgreement(byHead);
    }

    private void lookAtView(SimulatedPeer peer, SimulatedPeer.Life life) {
        if (life.knowsAll && life.knownToAll) {
            return;
        }
        double age = (events.nowNanos() - life.startedAtNanos) / 1e9;
        List<PeerView> seen = life.seen.peers();
        if (!life.knowsAll && seen != life.looked) {
            life.looked = seen;
            life.knowsAll = knowsAll(peer, life, seen);
            if (life.knowsAll) {
                recorder.measure("view", age);
            }
        }
        if (!life.knownToAll) {
            life.knownToAll = isKnownToAll(peer, life);
            if (life.knownToAll) {
                recorder.measure("seen", age);
            }
        }
    }

    private boolean knowsAll(SimulatedPeer peer, SimulatedPeer.Life life, List<PeerView> seen) {
        List<SimulatedPeer> earlier = peers.stream()
                .filter(p -> p != peer && !p.banned && p.life != null && p.life.startedAtNanos < life.startedAtNanos)
                .toList();
        if (earlier.size() > seen.size()) {
            return false;
        }
        Set<PeerId> known = new HashSet<>();
        seen.forEach(view -> known.add(view.id()));
        return earlier.stream().allMatch(p -> known.contains(p.identity.id()));
    }

    /** Asks a sample of the others one after the other, the next one once the one before has known the peer. */
    private boolean isKnownToAll(SimulatedPeer peer, SimulatedPeer.Life life) {
        int step = Math.max(1, peers.size() / SAMPLED_PEERS);
        PeerId id = peer.identity.id();
        for (; peer.index % step + life.asked * step < peers.size(); life.asked++) {
            SimulatedPeer.Life other = peers.get(peer.index % step + life.asked * step).life;
            if (other == null || other == life) {
                continue;
            }
            List<PeerView> view = other.seen.peers();
            if (view == life.askedView || view.stream().map(PeerView::id).noneMatch(id::equals)) {
                life.askedView = view;
                return false;
            }
        }
        return true;
    }

    private void lookForForks(List<Digest> heads) {
        Digest lighter = null;
        for (int i = 1; i < heads.size() && lighter == null; i++) {
            for (int j = 0; j < i && lighter == null; j++) {
                if (!chronicle.areOnOneChain(heads.get(i), heads.get(j))) {
                    lighter = chronicle.samplesOff(heads.get(i)) > 0 ? heads.get(i) : heads.get(j);
                }
            }
        }
        if (lighter != null) {
            lighterHead = lighter;
            forkBegan = forkBegan == null ? events.now() : forkBegan;
        } else if (forkBegan != null && lighterHead != null) {
            forks.add(
                    new Fork(forkBegan, Optional.of(events.now().minus(forkBegan)), chronicle.samplesOff(lighterHead)));
            forkBegan = null;
        }
    }

    private void lookForAgreement(Map<Digest, List<SimulatedPeer>> byHead) {
        Optional<EpochRecord> heaviest = chronicle.heaviest();
        if (heaviest.isEmpty()) {
            return;
        }
        recentEpochs.add(heaviest.get().epoch());
        if (recentEpochs.size() > KEEPING_UP.dividedBy(LOOK)) {
            recentEpochs.remove();
        }
        // those who can only dial out cannot give each other anything
        boolean anyReachable = byHead.values().stream().flatMap(List::stream).anyMatch(peer -> peer.reachable);
        if (!calm || agreedAt != null || !anyReachable) {
            return;
        }
        long epoch = recentEpochs.getFirst();
        boolean agreed = byHead.entrySet().stream()
                .allMatch(e -> chronicle.areOnOneChain(
                                e.getKey(), heaviest.get().id())
                        && e.getValue().stream()
                                .allMatch(peer -> isAt(peer, heaviest.get().generation(), epoch)));
        if (agreed) {
            agreedAt = events.now();
            recorder.measure("agreement", events.now().minus(scenario.calm()).toMillis() / 1e3);
        } else if (events.now().minus(scenario.calm()).compareTo(options.patience()) > 0) {
            invariants.agreed(byHead, events.now().minus(scenario.calm()));
        }
    }

    private static boolean isAt(SimulatedPeer peer, long generation, long epoch) {
        return peer.status()
                .filter(s -> s.generation() == generation)
                .flatMap(NodeStatus::state)
                .filter(s -> s.epoch() >= epoch)
                .isPresent();
    }

    private void moment(Duration interval) {
        events.at(interval.toNanos(), WORLD, () -> moment(interval));
        Optional<EpochRecord> heaviest = chronicle.heaviest();
        Set<Digest> states = new HashSet<>();
        int up = 0;
        int training = 0;
        long known = 0;
        for (SimulatedPeer peer : peers) {
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
        long samples = heaviest.map(EpochRecord::totalSamples).orElse(0L);
        double seconds = interval.toNanos() / 1e9;
        if (events.nowNanos() > 0) {
            moments.add(new Moment(
                    events.now(),
                    up,
                    training,
                    heaviest.map(EpochRecord::epoch).orElse(0L),
                    states.size(),
                    Math.max(0, samples - samplesBefore) / seconds,
                    (recorder.totalSent() - sentBefore) / seconds / Math.max(1, up),
                    known / (double) Math.max(1, up)));
        }
        samplesBefore = samples;
        sentBefore = recorder.totalSent();
    }

    // ---- the end ----

    private SimulationResult result(Duration wall, Optional<Violation> violation) {
        if (forkBegan != null && lighterHead != null) {
            forks.add(new Fork(forkBegan, Optional.empty(), chronicle.samplesOff(lighterHead)));
        }
        List<EpochRecord> chain = chronicle.heaviestChain();
        Map<String, Distribution> traffic = new TreeMap<>();
        double seconds = Math.max(1e-9, events.nowNanos() / 1e9);
        recorder.bytes()
                .forEach((purpose, perPeer) -> traffic.put(
                        purpose,
                        Distribution.of(java.util.Arrays.stream(perPeer)
                                .mapToDouble(b -> b / seconds)
                                .toArray())));
        Map<String, Distribution> waits = new LinkedHashMap<>();
        for (Phase phase : List.of(Phase.STARTING, Phase.MEETING, Phase.AVERAGING, Phase.STEPPING, Phase.CATCHING_UP)) {
            waits.put(
                    phase.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                    recorder.measured("phase " + phase));
        }
        return new SimulationResult(
                scenario,
                options.seed(),
                options.peers(),
                events.now(),
                wall,
                events.executed(),
                Long.toHexString(events.hash()),
                chain.size(),
                chain.size(),
                Map.copyOf(voids),
                accounts.sum(),
                List.copyOf(forks),
                recorder.measured("view"),
                recorder.measured("seen"),
                traffic,
                waits,
                List.copyOf(moments),
                violation);
    }
}
