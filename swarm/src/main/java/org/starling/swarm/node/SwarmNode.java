package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.averaging.Matchmaking;
import org.starling.swarm.averaging.ProgressEstimate;
import org.starling.swarm.averaging.Round;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.orders.InvalidOrderException;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.state.StateDownload;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.state.StateUnavailableException;
import org.starling.swarm.wire.Caller;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.RequestHandler;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.DescribeStateRequest;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.FetchGalleryRequest;
import org.starling.swarm.wire.proto.FetchOutcomeRequest;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.FetchRecordsReply;
import org.starling.swarm.wire.proto.FetchRecordsRequest;
import org.starling.swarm.wire.proto.FetchStateChunkRequest;
import org.starling.swarm.wire.proto.Gallery;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.OrderMessage;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;
import org.starling.swarm.wire.proto.SwarmGrpc;
import org.starling.swarm.wire.proto.VoteMessage;

/**
 * One peer of the swarm: gossips, meets, averages, steps, follows the heaviest chain and obeys orders. Public methods may
 * be called from any thread and return at once; everything else happens on the scheduler's protocol thread.
 */
public final class SwarmNode implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SwarmNode.class);

    private static final Duration TICK = Duration.ofMillis(50);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration MEET_AGAIN = Duration.ofMillis(300);
    private static final Duration FETCH_DEADLINE = Duration.ofSeconds(20);
    private static final int DISCOVERY_HEARTBEATS = 3;
    private static final int ROUNDS_REMEMBERED = 3;
    private static final int MAX_EVALUATIONS = 4;
    private static final int MAX_RECORDS_AT_ONCE = 64;

    private final RunConfiguration run;
    private final NodeSettings settings;
    private final Credentials credentials;
    private final Supplier<TrustedAuthority> authority;
    private final Optional<Replica> replica;
    private final Optional<GradientSource> gradients;
    private final Transport transport;
    private final Scheduler scheduler;
    private final Gossip gossip;
    private final Ledger ledger;
    private final OrderBook orders = new OrderBook();
    private final StateServer states;
    private final @Nullable Matchmaking matchmaking;
    private final Map<ByteString, Round> rounds = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteString, Round> eldest) {
            return size() > ROUNDS_REMEMBERED;
        }
    };
    private final Map<ByteString, List<Runnable>> early = new LinkedHashMap<>();
    private final List<NodeListener> listeners = new CopyOnWriteArrayList<>();
    private final List<Evaluation> evaluations = new ArrayList<>();
    private Supplier<Gallery> gallery = Gallery::getDefaultInstance;

    private Phase phase = Phase.STARTING;
    private String explanation = "It has not started.";
    private @Nullable Position position;
    private @Nullable Round round;
    private List<PeerId> lastGroup = List.of();
    private Instant positionSince;
    private long startedAtNanos;
    private long heartbeatAtNanos;
    private long notBeforeNanos;
    private long roundsCommitted;
    private long roundsVoid;
    private long samplesLost;
    private volatile NodeStatus status;

    /**
     * Puts a peer together; nothing happens before {@link #start}.
     *
     * @param orders of the authority, as far as they were known when the peer joined
     * @param replica empty for a peer that only follows the records
     * @param gradients empty for a peer that computes none; needs a replica
     */
    public SwarmNode(
            RunConfiguration run,
            NodeSettings settings,
            Credentials credentials,
            Supplier<TrustedAuthority> authority,
            List<SignedOrder> orders,
            Optional<Replica> replica,
            Optional<GradientSource> gradients,
            Transport transport,
            Scheduler scheduler) {
        if (gradients.isPresent() && replica.isEmpty()) {
            throw new IllegalArgumentException("A peer that computes gradients needs a replica");
        }
        this.run = run;
        this.settings = settings;
        this.credentials = credentials;
        this.authority = authority;
        this.replica = replica;
        this.gradients = gradients;
        this.transport = transport;
        this.scheduler = scheduler;
        this.states = new StateServer(scheduler);
        this.positionSince = scheduler.instant();
        PeerId self = credentials.identity().id();
        this.gossip = new Gossip(
                credentials.identity(),
                credentials.verifier(),
                run.membership(),
                settings.entryPoints().stream()
                        .filter(entry -> !entry.address().equals(settings.advertisedAddress()))
                        .toList(),
                scheduler,
                transport,
                new java.util.Random(self.hashCode()),
                new Attachments(),
                peer -> listeners.forEach(listener -> listener.peerProgressed(peer)));
        this.ledger = new Ledger(
                credentials.verifier(),
                run.averaging()::quorum,
                peer -> peer.equals(self)
                        ? Optional.of(credentials.token())
                        : gossip.directory().find(peer).map(PeerView::token));
        this.matchmaking = replica.isPresent() && gradients.isPresent()
                ? new Matchmaking(
                        run,
                        credentials,
                        transport,
                        scheduler,
                        gossip.directory(),
                        settings.advertisedAddress(),
                        settings.bandwidth(),
                        replica.get().elements(),
                        this::companions)
                : null;
        orders.forEach(this.orders::accept);
        this.status = snapshot();
    }

    /** Begins to take part. */
    public void start() {
        scheduler.execute(() -> {
            startedAtNanos = scheduler.nanoTime();
            heartbeatAtNanos = startedAtNanos - run.membership().heartbeat().toNanos();
            if (replica.isPresent()) {
                Replica mine = replica.get();
                states.withReplica(() -> StateDescription.of(mine.state()).digest())
                        .whenComplete((digest, failure) -> {
                            if (failure != null) {
                                log.error("The replica's state cannot be read", failure);
                                return;
                            }
                            Digest genesis = Digest.of(
                                    Hashes.sha256(("starling-genesis-v1 " + run.run()).getBytes(), digest.toBytes()));
                            position = new Position(0, new StateReference(0, 0, digest), genesis);
                            publishPeerRecord();
                            tick();
                        });
            } else {
                publishPeerRecord();
                tick();
            }
        });
    }

    private void publishPeerRecord() {
        gossip.publish(PeerRecord.newBuilder()
                .setAccessToken(credentials.token().compact())
                .setAddress(settings.advertisedAddress())
                .addAllRoles(settings.roles().stream().map(Role::claim).sorted().toList())
                .setAgent(settings.agent())
                .build());
    }

    /** Tells the others of a renewed token. */
    public void announceToken() {
        scheduler.execute(this::publishPeerRecord);
    }

    /** Stops taking part; calls under way fail. */
    @Override
    public void close() {
        scheduler.execute(() -> {
            phase = Phase.STOPPED;
            if (round != null) {
                round.abandon("this peer stops");
            }
            if (matchmaking != null) {
                matchmaking.abandon("this peer stops");
            }
            explain("It has stopped.");
        });
    }

    // ---- what the peer does, time and again ----

    private void tick() {
        if (phase == Phase.STOPPED) {
            return;
        }
        scheduler.schedule(TICK, this::tick);
        long now = scheduler.nanoTime();
        if (now - heartbeatAtNanos >= run.membership().heartbeat().toNanos()) {
            heartbeatAtNanos = now;
            publishProgress();
            gossip.exchange();
        }
        if (matchmaking != null) {
            matchmaking.tick();
        }
        if ((phase == Phase.STARTING || phase == Phase.ACCUMULATING) && now >= notBeforeNanos) {
            decide();
        }
        status = snapshot();
    }

    /** What to do next, when nothing is under way. */
    private void decide() {
        Position mine = position;
        if (mine != null) {
            Optional<Position> better = findBetterPosition(mine);
            if (better.isPresent()) {
                catchUp(mine, better.get());
                return;
            }
        }
        if (phase == Phase.STARTING) {
            if (!hasLookedAround()) {
                explain("It looks for other peers before it begins"
                        + (gossip.lastProblem() == null ? "." : "; " + gossip.lastProblem() + "."));
                return;
            }
            phase = Phase.ACCUMULATING;
        }
        if (mine == null || gradients.isEmpty() || matchmaking == null) {
            explain("It computes no gradients; it follows the swarm.");
            return;
        }
        RoundKey key = mine.roundKey();
        long samples = swarmSamples(key);
        if (gradients.get().samples() < 1) {
            explain("It has no gradient yet.");
        } else if (samples >= run.targetBatchSize()) {
            meet(mine, key, matchmaking, gradients.get());
        } else {
            explain("The swarm has about " + samples + " of the " + run.targetBatchSize() + " samples of epoch "
                    + (key.epoch() + 1) + ".");
        }
    }

    private boolean hasLookedAround() {
        Duration age = Duration.ofNanos(scheduler.nanoTime() - startedAtNanos);
        Duration enough = run.membership().heartbeat().multipliedBy(DISCOVERY_HEARTBEATS);
        boolean alone = gossip.exchanges() == 0 && gossip.directory().alive().isEmpty();
        return settings.entryPoints().isEmpty() || age.compareTo(alone ? enough.multipliedBy(2) : enough) >= 0;
    }

    /** The head of the heaviest chain, or the state that the authority ordered, if this peer is not there. */
    private Optional<Position> findBetterPosition(Position mine) {
        Optional<EpochRecord> head = ledger.head(orders.generation());
        if (head.isPresent() && mine.isOutweighedBy(head.get())) {
            return Optional.of(Position.after(head.get()));
        }
        if (head.isEmpty() && mine.generation() < orders.generation()) {
            return orders.origin();
        }
        return Optional.empty();
    }

    // ---- progress ----

    private void publishProgress() {
        Progress.Builder progress = Progress.newBuilder()
                .setOrderNumber(orders.newest())
                .setGeneration(orders.generation())
                .addAllRoles(settings.roles().stream().map(Role::claim).sorted().toList())
                .addAllEvaluations(evaluations);
        states.pinned().forEach(digest -> progress.addServes(digest.toByteString()));
        Position mine = position;
        if (mine != null) {
            progress.setGeneration(mine.generation())
                    .setEpoch(mine.state().epoch())
                    .setStateDigest(mine.state().digest().toByteString())
                    .setHead(mine.head().toByteString())
                    .setSamplesLost(samplesLost);
        }
        gradients.ifPresent(source -> progress.setSamples(source.samples())
                .setSamplesPerSecond(Math.max(0, source.samplesPerSecond()))
                .setTrainingLoss(Double.isFinite(source.trainingLoss()) ? source.trainingLoss() : 0)
                .setDevice(source.device()));
        gossip.publish(progress.build());
    }

    /** The other trainers that are in this round or about to be. */
    private List<PeerView> companions(RoundKey key) {
        return gossip.directory().alive().stream()
                .filter(peer -> isCompanion(peer, key))
                .toList();
    }

    private boolean isCompanion(PeerView peer, RoundKey key) {
        Progress progress = peer.progress();
        if (progress == null || !progress.getRolesList().contains(Role.TRAINER.claim())) {
            return false;
        }
        boolean sameState = progress.getGeneration() == key.generation()
                && progress.getEpoch() == key.epoch()
                && progress.getStateDigest().equals(key.state().toByteString());
        // a partner of the last round has stepped as this peer has, although its word of it has not arrived yet
        boolean justStepped = progress.getGeneration() == key.generation()
                && progress.getEpoch() + 1 == key.epoch()
                && lastGroup.contains(peer.id());
        return sameState || justStepped;
    }

    private long swarmSamples(RoundKey key) {
        if (gradients.isEmpty() || matchmaking == null) {
            return followedSamples();
        }
        Map<PeerId, Long> claims = matchmaking.claimedSamples(key);
        Instant now = scheduler.instant();
        List<ProgressEstimate.Report> reports = new ArrayList<>();
        reports.add(new ProgressEstimate.Report(gradients.get().samples(), 0, now));
        for (PeerView peer : companions(key)) {
            Progress progress = Objects.requireNonNull(peer.progress());
            Long claim = claims.get(peer.id());
            if (claim != null) {
                reports.add(new ProgressEstimate.Report(claim, 0, now));
            } else if (progress.getEpoch() == key.epoch()) {
                reports.add(new ProgressEstimate.Report(
                        progress.getSamples(), progress.getSamplesPerSecond(), peer.progressAt()));
            } else {
                reports.add(new ProgressEstimate.Report(0, progress.getSamplesPerSecond(), positionSince));
            }
        }
        return ProgressEstimate.samples(reports, now, run.membership().lifetime());
    }

    private long followedSamples() {
        List<ProgressEstimate.Report> reports = new ArrayList<>();
        for (PeerView peer : gossip.directory().alive()) {
            Progress progress = peer.progress();
            if (progress != null && progress.getRolesList().contains(Role.TRAINER.claim())) {
                reports.add(new ProgressEstimate.Report(
                        progress.getSamples(), progress.getSamplesPerSecond(), peer.progressAt()));
            }
        }
        return ProgressEstimate.samples(
                reports, scheduler.instant(), run.membership().lifetime());
    }

    // ---- a round ----

    private void meet(Position mine, RoundKey key, Matchmaking meetings, GradientSource source) {
        phase = Phase.MEETING;
        explain("It meets the others for " + key + ".");
        source.drain()
                .whenComplete((drained, failure) -> scheduler.execute(() -> {
                    if (failure != null || drained.isEmpty()) {
                        if (failure != null) {
                            log.error("No gradient from the training loop", failure);
                        }
                        pause(MEET_AGAIN);
                        return;
                    }
                    Gradient gradient = drained.get();
                    if (phase != Phase.MEETING || !mine.equals(position)) {
                        source.giveBack(gradient);
                        pause(Duration.ZERO);
                        return;
                    }
                    meetings.meet(key, gradient.samples()).whenComplete((group, problem) -> {
                        if (problem == null) {
                            average(mine, group, gradient, source);
                            return;
                        }
                        source.giveBack(gradient);
                        log.info("No group for {}: {}", key, problem.getMessage());
                        explain("It found no group for " + key + ": " + problem.getMessage() + ".");
                        pause(MEET_AGAIN);
                    });
                }));
    }

    /** Goes on accumulating, and decides nothing for a while. */
    private void pause(Duration time) {
        if (phase != Phase.STOPPED) {
            phase = Phase.ACCUMULATING;
            notBeforeNanos = scheduler.nanoTime() + time.toNanos();
        }
    }

    private void average(Position mine, Group group, Gradient gradient, GradientSource source) {
        phase = Phase.AVERAGING;
        explain("It averages for " + group.round() + " with " + group + ".");
        Round current = new Round(
                group,
                gradient.mean(),
                credentials.identity(),
                run.averaging(),
                transport,
                scheduler,
                peer -> gossip.directory().suspect(peer));
        round = current;
        rounds.put(group.id(), current);
        CompletableFuture<Round.Outcome> outcome = current.start();
        Optional.ofNullable(early.remove(group.id())).ifPresent(waiting -> waiting.forEach(Runnable::run));
        outcome.whenComplete((end, failure) -> {
            round = null;
            if (end instanceof Round.Outcome.Committed committed && mine.equals(position)) {
                step(mine, group, committed, gradient, source);
            } else {
                String why = end instanceof Round.Outcome.Voided none ? none.reason() : "the swarm went on without it";
                roundsVoid++;
                log.info("The round for {} is void: {}", group.round(), why);
                explain("The last round was void: " + why + ".");
                source.giveBack(gradient);
                pause(MEET_AGAIN);
            }
        });
    }

    private void step(
            Position mine, Group group, Round.Outcome.Committed committed, Gradient own, GradientSource source) {
        phase = Phase.STEPPING;
        Replica target = replica.orElseThrow();
        states.withReplica(() -> {
                    target.apply(committed.gradient().values());
                    return StateDescription.of(target.state()).digest();
                })
                .whenComplete((digest, failure) -> {
                    if (failure != null) {
                        log.error("The optimizer step failed; the state will be downloaded", failure);
                        source.giveBack(own);
                        position = new Position(mine.generation(), new StateReference(0, 0, Digest.ZERO), Digest.ZERO);
                        pause(RETRY);
                        return;
                    }
                    EpochRecord record = EpochRecords.of(run.run(), mine, group, committed.gradient(), digest);
                    position = Position.after(record);
                    positionSince = scheduler.instant();
                    lastGroup = group.members().stream().map(Group.Member::peer).toList();
                    roundsCommitted++;
                    int self =
                            EpochRecords.indexOf(record, credentials.identity().id());
                    if (record.members().get(self).samples() == 0) {
                        log.info("This peer's gradient was not in every part of {}; its samples were lost", record);
                        samplesLost += own.samples();
                    }
                    log.info("Committed {} with {} samples", record, record.samples());
                    accept(EpochRecords.sign(record, credentials.identity()), true);
                    pause(Duration.ZERO);
                    publishProgress();
                    listeners.forEach(l -> l.replicaAdvanced(record.generation(), record.stateReference()));
                });
    }

    // ---- records and orders ----

    private boolean accept(EpochRecordMessage message, boolean own) {
        Ledger.Acceptance acceptance;
        try {
            acceptance = ledger.accept(message);
        } catch (IllegalArgumentException e) {
            log.info("Ignored {}", e.getMessage());
            return false;
        }
        if (acceptance == Ledger.Acceptance.BECAME_FINAL) {
            EpochRecord record = EpochRecord.parse(message.getBody(), run.run());
            listeners.forEach(listener -> listener.recordBecameFinal(record));
        }
        if (own) {
            gossip.announce(message);
        }
        return acceptance != Ledger.Acceptance.KNOWN;
    }

    private boolean accept(OrderMessage message) {
        SignedOrder order;
        try {
            order = SignedOrder.verify(message, authority.get(), run.run());
        } catch (InvalidOrderException e) {
            log.info("Ignored an order: {}", e.getMessage());
            return false;
        }
        return accept(order);
    }

    private boolean accept(SignedOrder order) {
        if (!orders.accept(order)) {
            return false;
        }
        log.info("The authority orders: {}", order.order());
        Position mine = position;
        if (mine != null && mine.generation() < orders.generation()) {
            String why = "the authority has ordered generation " + orders.generation();
            if (matchmaking != null) {
                matchmaking.abandon(why);
            }
            if (round != null) {
                round.abandon(why);
            }
        }
        listeners.forEach(listener -> listener.ordered(order));
        return true;
    }

    private final class Attachments implements Gossip.Attachments {
        @Override
        public boolean accept(EpochRecordMessage message) {
            return SwarmNode.this.accept(message, false);
        }

        @Override
        public boolean accept(OrderMessage message) {
            return SwarmNode.this.accept(message);
        }

        @Override
        public long newestOrder() {
            return orders.newest();
        }

        @Override
        public byte[] head() {
            return ledger.head(orders.generation()).map(r -> r.id().toBytes()).orElseGet(() -> new byte[0]);
        }

        @Override
        public List<OrderMessage> ordersAfter(long number) {
            return orders.after(number).stream().map(SignedOrder::toMessage).toList();
        }

        @Override
        public List<EpochRecordMessage> recordsAfter(byte[] head, int limit) {
            Digest after = head.length == Digest.BYTES ? Digest.of(head) : Digest.ZERO;
            return ledger.messages(ledger.chainAfter(orders.generation(), after, limit), true);
        }
    }

    // ---- catching up ----

    private void catchUp(Position mine, Position target) {
        List<Endpoint> sources = sourcesOf(target.state().digest());
        explain("It is at epoch " + mine.state().epoch() + " of generation " + mine.generation()
                + "; the swarm is at epoch " + target.state().epoch() + " of generation " + target.generation()
                + (sources.isEmpty()
                        ? ", but nobody says yet that it has that state."
                        : ", whose state it downloads."));
        if (sources.isEmpty()) {
            pauseStarting();
            return;
        }
        phase = Phase.CATCHING_UP;
        Replica destination = replica.orElseThrow();
        log.info("Catching up to epoch {} of generation {}", target.state().epoch(), target.generation());
        StateDownload.start(target.state().digest(), sources, transport, scheduler)
                .thenCompose(snapshot -> states.withReplica(() -> load(destination, snapshot)))
                .whenComplete((loaded, failure) -> {
                    if (failure != null) {
                        log.info("Not caught up yet: {}", rootCause(failure).getMessage());
                        pause(RETRY);
                        return;
                    }
                    boolean near = target.generation() == mine.generation()
                            && target.state().epoch() <= mine.state().epoch() + 1;
                    if (!near) {
                        discardGradients(target);
                    }
                    position = target;
                    positionSince = scheduler.instant();
                    lastGroup = List.of();
                    log.info(
                            "At epoch {} of generation {}, state {}",
                            target.state().epoch(),
                            target.generation(),
                            target.state().digest().abbreviated());
                    pause(Duration.ZERO);
                    publishProgress();
                    listeners.forEach(l -> l.replicaAdvanced(target.generation(), target.state()));
                });
    }

    private void pauseStarting() {
        if (phase == Phase.ACCUMULATING) {
            pause(Duration.ofMillis(200));
        }
    }

    private static Digest load(Replica destination, StateSnapshot snapshot) {
        destination.load(snapshot);
        Digest loaded = StateDescription.of(destination.state()).digest();
        if (!loaded.equals(snapshot.description().digest())) {
            throw new IllegalStateException("The replica did not load the state as it is");
        }
        return loaded;
    }

    private void discardGradients(Position target) {
        long discarded = gradients.map(GradientSource::discard).orElse(0L);
        if (discarded > 0) {
            samplesLost += discarded;
            log.info(
                    "{} samples were computed on a state that the swarm has left; they are lost. It is at epoch {} of"
                            + " generation {}",
                    discarded,
                    target.state().epoch(),
                    target.generation());
        }
    }

    private List<Endpoint> sourcesOf(Digest digest) {
        ByteString wanted = digest.toByteString();
        List<Endpoint> sources = new ArrayList<>();
        for (PeerView peer : gossip.directory().alive()) {
            Progress progress = peer.progress();
            if (progress != null
                    && (progress.getStateDigest().equals(wanted)
                            || progress.getServesList().contains(wanted))) {
                peer.endpoint().ifPresent(sources::add);
            }
        }
        return sources;
    }

    // ---- answers to other peers ----

    /** Answers other peers; give it to the {@code SwarmService}. */
    public RequestHandler handler() {
        return (caller, method, request) -> {
            CompletableFuture<Message> reply = new CompletableFuture<>();
            scheduler.execute(() -> {
                try {
                    answer(caller, method, request).whenComplete((message, failure) -> {
                        if (failure == null) {
                            reply.complete(message);
                        } else {
                            reply.completeExceptionally(asRefusal(failure));
                        }
                    });
                } catch (RuntimeException e) {
                    reply.completeExceptionally(asRefusal(e));
                }
            });
            return reply;
        };
    }

    private static Throwable asRefusal(Throwable failure) {
        Throwable cause = rootCause(failure);
        return cause instanceof IllegalArgumentException
                ? new RefusalException(Reason.MALFORMED, String.valueOf(cause.getMessage()))
                : cause;
    }

    private static Throwable rootCause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private CompletableFuture<? extends Message> answer(Caller caller, MethodDescriptor<?, ?> method, Message request) {
        if (phase == Phase.STOPPED) {
            throw new RefusalException(Reason.BUSY, "This peer is stopping");
        }
        if (request instanceof GossipRequest news) {
            return CompletableFuture.completedFuture(gossip.answer(news));
        } else if (request instanceof JoinGroupRequest claim) {
            return join(caller, claim);
        } else if (request instanceof PartRequest part) {
            return withRound(part.getGroupId(), r -> r.receivePart(caller.peer(), part));
        } else if (request instanceof VoteMessage vote) {
            return withRound(vote.getGroupId(), r -> r.receiveVote(caller.peer(), vote));
        } else if (request instanceof FetchOutcomeRequest fetch) {
            return CompletableFuture.completedFuture(
                    requireRound(fetch.getGroupId()).outcomeFor(caller.peer()));
        } else if (request instanceof FetchPartRequest fetch) {
            return withRound(
                    fetch.getGroupId(),
                    r -> CompletableFuture.completedFuture(r.fetchPart(caller.peer(), fetch.getPart())));
        } else if (request instanceof DescribeStateRequest describe) {
            return describe(describe);
        } else if (request instanceof FetchStateChunkRequest chunk) {
            return states.chunk(chunk);
        } else if (request instanceof FetchRecordsRequest fetch) {
            return CompletableFuture.completedFuture(records(fetch));
        } else if (request instanceof FetchGalleryRequest) {
            return CompletableFuture.completedFuture(gallery.get());
        }
        throw new RefusalException(Reason.MALFORMED, "This version does not answer " + method.getFullMethodName());
    }

    private CompletableFuture<? extends Message> join(Caller caller, JoinGroupRequest claim) {
        caller.require(Role.TRAINER);
        Position mine = position;
        if (matchmaking == null || mine == null) {
            throw new RefusalException(Reason.NOT_LEADER, "This peer does not average");
        }
        RoundKey theirs = RoundKey.of(claim.getRound());
        RoundKey own = mine.roundKey();
        if (theirs.generation() != own.generation() || theirs.epoch() != own.epoch()) {
            boolean behind = theirs.generation() != own.generation()
                    ? own.generation() < theirs.generation()
                    : own.epoch() < theirs.epoch();
            throw new RefusalException(
                    behind ? Reason.BEHIND : Reason.AHEAD,
                    "This peer is at epoch " + own.epoch() + " of generation " + own.generation());
        }
        if (!theirs.equals(own)) {
            throw new RefusalException(
                    Reason.FORKED, "This peer is in the state " + own.state().abbreviated() + " at that epoch");
        }
        if (phase == Phase.AVERAGING || phase == Phase.STEPPING) {
            throw new RefusalException(Reason.ROUND_RUNNING, "The round of that epoch has begun");
        }
        return matchmaking.apply(caller, own, claim);
    }

    /** Calls for a group can arrive before this peer has the manifest: they wait for it. */
    private <R extends Message> CompletableFuture<R> withRound(
            ByteString groupId, java.util.function.Function<Round, CompletableFuture<R>> call) {
        Round known = rounds.get(groupId);
        if (known != null) {
            return call.apply(known);
        }
        if (phase != Phase.MEETING || early.size() >= ROUNDS_REMEMBERED && !early.containsKey(groupId)) {
            throw new RefusalException(Reason.UNKNOWN_GROUP, "This peer knows no such group");
        }
        CompletableFuture<R> reply = new CompletableFuture<>();
        List<Runnable> waiting = early.computeIfAbsent(groupId, id -> new ArrayList<>());
        if (waiting.size() >= Group.MAX_MEMBERS * run.averaging().partsInFlight()) {
            throw new RefusalException(Reason.BUSY, "Too many calls for a group that has not begun here");
        }
        Scheduler.Cancellable timeout = scheduler.schedule(run.averaging().partTimeout(), () -> {
            early.remove(groupId);
            reply.completeExceptionally(
                    new RefusalException(Reason.UNKNOWN_GROUP, "The group has not begun for this peer"));
        });
        waiting.add(() -> {
            // from here on the round answers in its own time
            timeout.cancel();
            try {
                call.apply(requireRound(groupId)).whenComplete((value, failure) -> {
                    if (failure == null) {
                        reply.complete(value);
                    } else {
                        reply.completeExceptionally(failure);
                    }
                });
            } catch (RuntimeException e) {
                reply.completeExceptionally(e);
            }
        });
        return reply;
    }

    private Round requireRound(ByteString groupId) {
        Round known = rounds.get(groupId);
        if (known == null) {
            throw new RefusalException(Reason.UNKNOWN_GROUP, "This peer knows no such group");
        }
        return known;
    }

    private CompletableFuture<? extends Message> describe(DescribeStateRequest request) {
        Position mine = position;
        boolean current = mine != null
                && replica.isPresent()
                && phase != Phase.STEPPING
                && mine.state().digest().toByteString().equals(request.getStateDigest());
        return states.describe(
                request,
                current,
                () -> StateSnapshot.copyOf(replica.orElseThrow().state()));
    }

    private FetchRecordsReply records(FetchRecordsRequest request) {
        int limit = Math.max(1, Math.min(MAX_RECORDS_AT_ONCE, request.getLimit()));
        Optional<Digest> from = request.getFrom().isEmpty()
                ? ledger.head(orders.generation()).map(EpochRecord::id)
                : Optional.of(Digest.of(request.getFrom()));
        return FetchRecordsReply.newBuilder()
                .addAllRecords(ledger.messages(
                        from.map(id -> ledger.chainFrom(id, limit)).orElse(List.of()), true))
                .build();
    }

    // ---- for those who embed the node ----

    private void explain(String sentence) {
        explanation = sentence;
        status = snapshot();
    }

    private NodeStatus snapshot() {
        Position mine = position;
        Optional<EpochRecord> head = ledger == null ? Optional.empty() : ledger.head(orders.generation());
        return new NodeStatus(
                phase,
                explanation,
                mine == null ? orders.generation() : mine.generation(),
                Optional.ofNullable(mine).map(Position::state),
                head,
                mine == null ? head.map(EpochRecord::id).orElse(Digest.ZERO) : mine.head(),
                gossip.directory().alive(),
                mine == null ? followedSamples() : swarmSamples(mine.roundKey()),
                roundsCommitted,
                roundsVoid,
                samplesLost,
                orders.newest());
    }

    /** What this node knew a moment ago. */
    public NodeStatus status() {
        return status;
    }

    public void addListener(NodeListener listener) {
        listeners.add(listener);
    }

    /** Obeys an order and spreads it. Fails with {@link InvalidOrderException} if the order is not valid. */
    public CompletableFuture<Void> submit(SignedOrder order) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        scheduler.execute(() -> {
            try {
                SignedOrder verified = SignedOrder.verify(order.toMessage(), authority.get(), run.run());
                if (accept(verified)) {
                    gossip.announce(verified.toMessage());
                    publishProgress();
                }
                done.complete(null);
            } catch (InvalidOrderException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /** Downloads a state from peers that have it, verified against its digest. Tries until the time is over. */
    public CompletableFuture<StateSnapshot> fetchState(StateReference state, Duration patience) {
        CompletableFuture<StateSnapshot> result = new CompletableFuture<>();
        scheduler.execute(() -> fetchState(state, scheduler.nanoTime() + patience.toNanos(), result));
        return result;
    }

    private void fetchState(StateReference state, long untilNanos, CompletableFuture<StateSnapshot> result) {
        Position mine = position;
        CompletableFuture<StateSnapshot> attempt =
                mine != null && mine.state().digest().equals(state.digest()) && phase != Phase.STEPPING
                        ? states.withReplica(
                                () -> StateSnapshot.copyOf(replica.orElseThrow().state()))
                        : StateDownload.start(state.digest(), sourcesOf(state.digest()), transport, scheduler);
        attempt.whenComplete((snapshot, failure) -> {
            if (failure == null && snapshot.description().digest().equals(state.digest())) {
                result.complete(snapshot);
            } else if (scheduler.nanoTime() >= untilNanos || phase == Phase.STOPPED) {
                result.completeExceptionally(
                        failure == null
                                ? new StateUnavailableException("The swarm has gone on from that state")
                                : rootCause(failure));
            } else {
                scheduler.schedule(TICK, () -> fetchState(state, untilNanos, result));
            }
        });
    }

    /** Serves a state to others, besides the replica's own: the four that were given last. */
    public void serve(StateReference state, StateSnapshot snapshot) {
        if (!snapshot.description().digest().equals(state.digest())) {
            throw new IllegalArgumentException("The snapshot is of another state than " + state);
        }
        scheduler.execute(() -> {
            states.pin(state.digest(), snapshot);
            publishProgress();
        });
    }

    /** A record with its signatures and the signers' tokens, fit to be kept and adopted after years. */
    public CompletableFuture<Optional<EpochRecordMessage>> exportRecord(Digest recordId) {
        return onProtocolThread(() -> ledger.message(recordId, true));
    }

    /** Takes in a record that was kept. Whether it is final now. */
    public CompletableFuture<Boolean> adopt(EpochRecordMessage record) {
        return onProtocolThread(() -> {
            accept(record, true);
            return ledger.isFinal(EpochRecord.parse(record.getBody(), run.run()).id());
        });
    }

    /**
     * Records that led to the given one, from it backwards, as far as some peer knows them. Those before the first are
     * believed because each is named by the one after it.
     */
    public CompletableFuture<List<EpochRecord>> fetchHistory(Digest from, int limit) {
        CompletableFuture<List<EpochRecord>> result = new CompletableFuture<>();
        scheduler.execute(() -> extendHistory(from, limit, new ArrayList<>(), result));
        return result;
    }

    private void extendHistory(
            Digest next, int limit, List<EpochRecord> history, CompletableFuture<List<EpochRecord>> result) {
        Digest wanted = next;
        for (EpochRecord record : ledger.chainFrom(next, limit - history.size())) {
            history.add(record);
            wanted = record.parent();
        }
        Digest missing = wanted;
        List<Endpoint> peers = gossip.directory().alive().stream()
                .flatMap(peer -> peer.endpoint().stream())
                .toList();
        askForHistory(peers, 0, missing, limit - history.size(), found -> {
            history.addAll(found);
            if (found.isEmpty() || history.size() >= limit) {
                result.complete(List.copyOf(history));
            } else {
                extendHistory(found.get(found.size() - 1).parent(), limit, history, result);
            }
        });
    }

    private void askForHistory(
            List<Endpoint> peers, int index, Digest from, int limit, Consumer<List<EpochRecord>> then) {
        if (index >= peers.size() || limit <= 0) {
            then.accept(List.of());
            return;
        }
        transport
                .call(
                        peers.get(index),
                        SwarmGrpc.getFetchRecordsMethod(),
                        FetchRecordsRequest.newBuilder()
                                .setFrom(from.toByteString())
                                .setLimit(Math.min(limit, MAX_RECORDS_AT_ONCE))
                                .build(),
                        FETCH_DEADLINE)
                .whenComplete((reply, failure) -> {
                    List<EpochRecord> chain = failure == null ? EpochRecords.linked(reply, from, run.run()) : List.of();
                    if (chain.isEmpty()) {
                        askForHistory(peers, index + 1, from, limit, then);
                    } else {
                        then.accept(chain);
                    }
                });
    }

    /** Tells the swarm what a validation has given; spread with this node's progress. */
    public void publish(Evaluation evaluation) {
        scheduler.execute(() -> {
            evaluations.add(evaluation);
            if (evaluations.size() > MAX_EVALUATIONS) {
                evaluations.remove(0);
            }
            publishProgress();
        });
    }

    /** Offers pictures to those who ask. The supplier is called on the protocol thread. */
    public void offerGallery(Supplier<Gallery> pictures) {
        scheduler.execute(() -> gallery = pictures);
    }

    /** Asks a peer with the inference role for its pictures. */
    public CompletableFuture<Gallery> fetchGallery(PeerId peer) {
        CompletableFuture<Gallery> result = new CompletableFuture<>();
        scheduler.execute(() -> gossip.directory()
                .find(peer)
                .flatMap(PeerView::endpoint)
                .ifPresentOrElse(
                        endpoint -> transport
                                .call(
                                        endpoint,
                                        SwarmGrpc.getFetchGalleryMethod(),
                                        FetchGalleryRequest.getDefaultInstance(),
                                        FETCH_DEADLINE)
                                .whenComplete((pictures, failure) -> {
                                    if (failure == null) {
                                        result.complete(pictures);
                                    } else {
                                        result.completeExceptionally(failure);
                                    }
                                }),
                        () -> result.completeExceptionally(
                                new IllegalArgumentException("Nothing is known of peer " + peer.abbreviated()))));
        return result;
    }

    private <T> CompletableFuture<T> onProtocolThread(Supplier<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        scheduler.execute(() -> {
            try {
                result.complete(work.get());
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /** The replica's current bytes; for those who draw with the model. Runs on a worker, between two steps. */
    public <T> CompletableFuture<T> readState(java.util.function.Function<StateBytes, T> reader) {
        CompletableFuture<T> result = new CompletableFuture<>();
        scheduler.execute(() -> states.withReplica(
                        () -> reader.apply(replica.orElseThrow().state()))
                .whenComplete((value, failure) -> {
                    if (failure == null) {
                        result.complete(value);
                    } else {
                        result.completeExceptionally(failure);
                    }
                }));
        return result;
    }
}
