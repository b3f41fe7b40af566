package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.simulation.SimulationResult.Fork;

/** What an observer sees who sees all: who knows whom, forks, and whether everybody agrees in the end. */
final class Lookout {
    static final Duration INTERVAL = Duration.ofMillis(500);

    private static final int SAMPLED_PEERS = 25;
    private static final int PEERS_PER_TABLE_LOOK = 25;
    private static final Duration KEEPING_UP = Duration.ofSeconds(15);

    private final World world;
    private final SampleAccounts accounts;
    private final List<Fork> forks = new ArrayList<>();
    private final Deque<Long> recentEpochs = new ArrayDeque<>();
    private long looks;
    private long nextAccounts;
    private @Nullable Duration forkBegan;
    private @Nullable Digest lighterHead;
    private @Nullable Duration agreedAt;

    Lookout(World world, SampleAccounts accounts) {
        this.world = world;
        this.accounts = accounts;
    }

    /** All forks so far; the last one may not have ended. */
    List<Fork> forks() {
        List<Fork> all = new ArrayList<>(forks);
        if (forkBegan != null && lighterHead != null) {
            all.add(new Fork(forkBegan, Optional.empty(), world.chronicle.samplesOff(lighterHead)));
        }
        return List.copyOf(all);
    }

    /** Looks now, and time and again from now on. */
    void look() {
        world.at(INTERVAL.toNanos(), this::look);
        int up = 0;
        Map<Digest, List<SimulatedPeer>> byHead = new LinkedHashMap<>();
        for (SimulatedPeer peer : world.peers) {
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
            }
        }
        for (SimulatedPeer peer : world.peers) {
            if (peer.life != null) {
                world.invariants.bounded(peer, peer.life, up);
            }
        }
        if (looks % looksBetweenTables() == 0) {
            lookInto(world.peers.get((int) (looks / looksBetweenTables() % world.peers.size())));
            world.waits.look();
        }
        Map<Digest, Integer> standing = new LinkedHashMap<>();
        byHead.forEach((head, there) -> standing.put(head, there.size()));
        world.chronicle.look(standing);
        if (++looks >= nextAccounts) {
            nextAccounts = looks + looksBetweenAccounts();
            accounts.checkCredits(world.invariants);
        }
        lookForForks(List.copyOf(byHead.keySet()));
        lookForAgreement(byHead);
    }

    /** Seldom where there are many peers or epochs: the accounts are summed up anew over the whole chain. */
    private long looksBetweenAccounts() {
        return Math.max(Math.max(4, world.peers.size()), looks / 50);
    }

    /** One peer after the other; seldom where there are many, who have large tables. */
    private long looksBetweenTables() {
        return Math.max(1, world.peers.size() / PEERS_PER_TABLE_LOOK);
    }

    private void lookInto(SimulatedPeer peer) {
        SimulatedPeer.Life life = peer.life;
        if (life != null) {
            Tables program = Tables.of(life.node);
            world.waits.lookInto(peer, life, program);
            int identities =
                    world.peers.stream().mapToInt(p -> p.identities().size()).sum();
            Scenario.Run run = world.scenario.run();
            int parts = 1 + run.elements() / run.averaging().partElements();
            world.invariants.tablesBounded(peer, program.sizes(), identities, parts);
        }
    }

    private void lookAtView(SimulatedPeer peer, SimulatedPeer.Life life) {
        if (life.knowsAll && life.knownToAll) {
            return;
        }
        double age = (world.time.nowNanos() - life.startedAtNanos) / 1e9;
        List<PeerView> seen = life.seen.peers();
        if (!life.knowsAll && seen != life.looked) {
            life.looked = seen;
            life.knowsAll = knowsAll(peer, life, seen);
            if (life.knowsAll) {
                world.recorder.measure("view", age);
            }
        }
        if (!life.knownToAll) {
            life.knownToAll = isKnownToAll(peer, life);
            if (life.knownToAll) {
                world.recorder.measure("seen", age);
            }
        }
    }

    private boolean knowsAll(SimulatedPeer peer, SimulatedPeer.Life life, List<PeerView> seen) {
        List<SimulatedPeer> earlier = world.peers.stream()
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
        int step = Math.max(1, world.peers.size() / SAMPLED_PEERS);
        PeerId id = peer.identity.id();
        for (; peer.index % step + life.asked * step < world.peers.size(); life.asked++) {
            SimulatedPeer.Life other = world.peers.get(peer.index % step + life.asked * step).life;
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
                if (!world.chronicle.areOnOneChain(heads.get(i), heads.get(j))) {
                    lighter = world.chronicle.samplesOff(heads.get(i)) > 0 ? heads.get(i) : heads.get(j);
                }
            }
        }
        if (lighter != null) {
            lighterHead = lighter;
            forkBegan = forkBegan == null ? world.time.elapsed() : forkBegan;
        } else if (forkBegan != null && lighterHead != null) {
            forks.add(new Fork(
                    forkBegan,
                    Optional.of(world.time.elapsed().minus(forkBegan)),
                    world.chronicle.samplesOff(lighterHead)));
            forkBegan = null;
        }
    }

    private void lookForAgreement(Map<Digest, List<SimulatedPeer>> byHead) {
        Optional<EpochRecord> heaviest = world.chronicle.heaviest();
        if (heaviest.isEmpty()) {
            return;
        }
        recentEpochs.add(heaviest.get().epoch());
        if (recentEpochs.size() > KEEPING_UP.dividedBy(INTERVAL)) {
            recentEpochs.remove();
        }
        // those who can only dial out cannot give each other anything
        boolean anyReachable = byHead.values().stream().flatMap(List::stream).anyMatch(peer -> peer.reachable);
        if (!world.isCalm() || !anyReachable) {
            return;
        }
        // less, where everybody has gone back to an earlier epoch because nobody is left who can hand on a later one
        long epoch = Math.min(recentEpochs.getFirst(), heaviest.get().epoch());
        Map<Digest, List<SimulatedPeer>> concerned = byHead;
        boolean agreed = haveAgreed(byHead, heaviest.get(), epoch);
        if (!agreed) {
            concerned = withoutThoseWhoCannotHear(byHead, heaviest.get());
            agreed = haveAgreed(concerned, heaviest.get(), epoch);
        }
        Duration now = world.time.elapsed();
        Duration since = now.minus(agreedAt == null ? world.scenario.calm() : agreedAt);
        if (agreed) {
            if (agreedAt == null) {
                world.agreed();
                world.recorder.measure("agreement", since.toMillis() / 1e3);
            }
            agreedAt = now;
        } else if (since.compareTo(world.options.patience()) > 0) {
            world.invariants.agreed(concerned, since);
        }
    }

    private boolean haveAgreed(Map<Digest, List<SimulatedPeer>> byHead, EpochRecord heaviest, long epoch) {
        return byHead.entrySet().stream()
                .allMatch(e -> world.chronicle.areOnOneChain(e.getKey(), heaviest.id())
                        && e.getValue().stream().allMatch(peer -> isAt(peer, heaviest.generation(), epoch)));
    }

    private Map<Digest, List<SimulatedPeer>> withoutThoseWhoCannotHear(
            Map<Digest, List<SimulatedPeer>> byHead, EpochRecord heaviest) {
        Set<SimulatedPeer> hear = new Acquaintance(world.peers)
                .of(byHead.entrySet().stream()
                        .filter(e -> world.chronicle.leadsTo(e.getKey(), heaviest))
                        .flatMap(e -> e.getValue().stream())
                        .toList());
        if (hear.isEmpty()) {
            return byHead;
        }
        Map<Digest, List<SimulatedPeer>> concerned = new LinkedHashMap<>();
        byHead.forEach((head, peers) -> {
            List<SimulatedPeer> those = peers.stream().filter(hear::contains).toList();
            if (!those.isEmpty()) {
                concerned.put(head, those);
            }
        });
        return concerned;
    }

    private static boolean isAt(SimulatedPeer peer, long generation, long epoch) {
        return peer.status()
                .filter(s -> s.generation() == generation)
                .flatMap(NodeStatus::state)
                .filter(s -> s.epoch() >= epoch)
                .isPresent();
    }
}
