package org.starling.swarm.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeSettings;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.CurrentAuthority;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.virtual.Links;
import org.starling.swarm.virtual.VirtualNetwork;
import org.starling.swarm.virtual.VirtualNetwork.Host;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Caller;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;

/** Production nodes on a virtual clock and network. */
public final class VirtualSwarm {
    public static final int ELEMENTS = 5000;
    public static final int PART_ELEMENTS = 512;
    public static final Duration PART_TIMEOUT = Duration.ofSeconds(2);
    public static final Duration ROUND_TIMEOUT = Duration.ofSeconds(30);
    public static final String RUN = "test/run";

    /** Who the peers are, and with it who leads whom, follows from it. */
    private static final long SEED = Long.getLong("starling.virtual.seed", 1);

    private static final int REMEMBERED_SIGNATURES = 1 << 17;

    private static final Duration DELAY = Duration.ofMillis(5);

    public final VirtualTime time = new VirtualTime();
    public final VirtualNetwork network = new VirtualNetwork(time, new Random(SEED), Links.steady(DELAY), new Meter());
    public final TestAuthority authority = new TestAuthority(RUN);
    public final List<Peer> peers = new ArrayList<>();
    public final List<Peer> helpers = new ArrayList<>();
    private final Map<String, Long> traffic = new HashMap<>();
    private final RunConfiguration run;

    /** Counts bytes. */
    private final class Meter implements VirtualNetwork.Observer {
        @Override
        public void carried(Host from, @Nullable Host to, String purpose, long bytes) {
            traffic.merge(from.name, bytes, Long::sum);
            if (to != null) {
                traffic.merge(to.name, bytes, Long::sum);
            }
        }
    }

    public VirtualSwarm(String codec, long targetBatchSize) {
        this(codec, targetBatchSize, 64);
    }

    public VirtualSwarm(String codec, long targetBatchSize, int maxGroupSize) {
        this(codec, targetBatchSize, maxGroupSize, false);
    }

    public VirtualSwarm(String codec, long targetBatchSize, int maxGroupSize, boolean errorFeedback) {
        Ed25519.remember(REMEMBERED_SIGNATURES);
        run = new RunConfiguration(
                RUN,
                "toy",
                Map.of(),
                targetBatchSize,
                new AveragingSettings(
                        codec,
                        PART_ELEMENTS,
                        4,
                        0,
                        Duration.ofSeconds(3),
                        PART_TIMEOUT,
                        ROUND_TIMEOUT,
                        2,
                        3,
                        maxGroupSize,
                        errorFeedback),
                new MembershipSettings(Duration.ofSeconds(1), Duration.ofSeconds(5), 3));
    }

    /** One node, with what is needed to look into it. */
    public static final class Peer {
        public final String address;
        public final PeerIdentity identity;
        public final SwarmNode node;
        public final ToyReplica replica;
        public final ToyGradients gradients;
        public final Caller caller;
        public final VirtualScheduler scheduler;
        private final Host host;
        public final List<EpochRecord> records = new ArrayList<>();

        Peer(
                String address,
                PeerIdentity identity,
                SwarmNode node,
                ToyReplica replica,
                ToyGradients gradients,
                Caller caller,
                VirtualScheduler scheduler,
                Host host) {
            this.address = address;
            this.identity = identity;
            this.node = node;
            this.replica = replica;
            this.gradients = gradients;
            this.caller = caller;
            this.scheduler = scheduler;
            this.host = host;
            node.addListener(new NodeListener() {
                @Override
                public void recordBecameFinal(EpochRecord record) {
                    records.add(record);
                }
            });
        }

        public NodeStatus status() {
            return node.status();
        }

        public long epoch() {
            return status().state().orElseThrow().epoch();
        }

        public Digest digest() {
            return status().state().orElseThrow().digest();
        }

        /** As SIGKILL does. */
        public void kill() {
            host.stop(false);
        }

        /** As a power failure does: whoever waits for an answer waits until the deadline. */
        public void vanish() {
            host.stop(true);
        }
    }

    /** Of so many members, those who must agree. */
    public int quorum(int members) {
        return run.averaging().quorum(members);
    }

    /** What the run believes of its peers. */
    public SampleLimits limits() {
        return run.limits();
    }

    /** Adds and starts a trainer that anybody can reach. */
    public Peer addTrainer(String account, double speed) {
        return add(account, speed, true, List.of());
    }

    /** Adds and starts a trainer that can only dial out. */
    public Peer addOutboundOnlyTrainer(String account, double speed) {
        return addOutboundOnlyTrainer(account, speed, List.of());
    }

    /** The same, with addresses that it remembers. */
    public Peer addOutboundOnlyTrainer(String account, double speed, List<Endpoint> remembered) {
        return add(account, speed, false, remembered);
    }

    /** Adds and starts a peer that computes nothing and offers to reduce; it is among the {@link #helpers}. */
    public Peer addHelper(String account) {
        Peer helper = add("helper" + helpers.size() + ":7000", account, 0, true, List.of(), Role.AUXILIARY);
        helpers.add(helper);
        return helper;
    }

    private Peer add(String account, double speed, boolean reachable, List<Endpoint> remembered) {
        Peer peer = add("host" + peers.size() + ":7000", account, speed, reachable, remembered, Role.TRAINER);
        peers.add(peer);
        return peer;
    }

    private Peer add(
            String address, String account, double speed, boolean reachable, List<Endpoint> remembered, Role role) {
        Set<Role> roles = Set.of(role);
        PeerIdentity identity = PeerIdentity.ofSeed(Hashes.sha256((SEED + " " + address).getBytes(UTF_8)));
        int index = peers.size() + helpers.size();
        VirtualScheduler scheduler = new VirtualScheduler(time, index, new Random(index), 1, 0);
        AccessToken token = authority.issue(identity, account, roles, time.now());
        CurrentAuthority trusted = new CurrentAuthority(authority.trusted());
        Credentials credentials = new Credentials(identity, new TokenVerifier(trusted, RUN, scheduler), token);
        Host host = network
        .new Host(
                index,
                address,
                index,
                address,
                Double.POSITIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                scheduler,
                credentials);
        ToyReplica replica = new ToyReplica(ELEMENTS);
        ToyGradients gradients = new ToyGradients(replica, scheduler, speed, peers.size());
        Caller caller = new Caller(token, identity.publicKey());
        List<Endpoint> entryPoints = peers.stream()
                .limit(2)
                .map(peer -> new Endpoint(peer.address, null))
                .toList();
        SwarmNode node = new SwarmNode(
                run,
                new NodeSettings(reachable ? address : "", roles, entryPoints, remembered, 1e6, "test"),
                credentials,
                trusted,
                List.of(),
                role == Role.TRAINER ? Optional.of(replica) : Optional.empty(),
                role == Role.TRAINER ? Optional.of(gradients) : Optional.empty(),
                host.transport(),
                scheduler);
        host.listen(reachable ? address : "", node.handler());
        node.addListener(new NodeListener() {
            @Override
            public void ordered(SignedOrder order) {
                trusted.obey(order.order());
            }
        });
        Peer peer = new Peer(address, identity, node, replica, gradients, caller, scheduler, host);
        node.start();
        return peer;
    }

    /** Bytes that a peer has sent and received since the beginning. */
    public long traffic(Peer peer) {
        return traffic.getOrDefault(peer.address, 0L);
    }

    /** Runs until every living peer has reached the epoch; false if that takes longer than the limit. */
    public boolean runToEpoch(long epoch, Duration limit) {
        return time.runUntil(
                () -> peers.stream()
                        .filter(peer -> !peer.scheduler.isStopped())
                        .allMatch(peer -> peer.status().state().isPresent() && peer.epoch() >= epoch),
                limit);
    }

    /** Runs until every living peer is in the same state, at the epoch or later. */
    public boolean runToAgreement(long epoch, Duration limit) {
        return time.runUntil(
                () -> {
                    List<NodeStatus> living = peers.stream()
                            .filter(peer -> !peer.scheduler.isStopped())
                            .map(Peer::status)
                            .toList();
                    return living.stream()
                            .allMatch(s -> s.state().isPresent()
                                    && s.state().get().epoch() >= epoch
                                    && s.state().equals(living.get(0).state())
                                    && s.generation() == living.get(0).generation());
                },
                limit);
    }
}
