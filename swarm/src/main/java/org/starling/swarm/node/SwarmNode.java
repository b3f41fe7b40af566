package org.starling.swarm.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.ErrorFeedback;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.averaging.Matchmaking;
import org.starling.swarm.averaging.Round;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.ForkChoice.Choice;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.membership.Standing;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.orders.InvalidOrderException;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.state.StateDownload;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.state.StateUnavailableException;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RequestHandler;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.FetchGalleryRequest;
import org.starling.swarm.wire.proto.Gallery;
import org.starling.swarm.wire.proto.OrderMessage;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * One peer of the swarm: gossips, meets, averages, steps, stands on the chain that counts and obeys orders. Public methods may
 * be called from any thread and return at once; everything else happens on the scheduler's protocol thread.
 */
public final class SwarmNode implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SwarmNode.class);

    private static final Duration TICK = Duration.ofMillis(50);
    private static final Duration LONG_TICK = Duration.ofMillis(500);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration FETCH_AGAIN = Duration.ofMillis(250);
    private static final Duration MEET_AGAIN = Duration.ofMillis(300);
    private static final Duration FETCH_DEADLINE = Duration.ofSeconds(20);
    private static final int DISCOVERY_HEARTBEATS = 3;
    private static final int ASKED_FOR_HISTORY = 8;
    private static final int MAX_EVALUATIONS = 4;

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
    private final Rounds rounds;
    private final RecordSigning signing;
    private final SwarmView view;
    private final History history;
    private final ChainChoice chains;
    private final Answers answers;
    private final UndecidedRounds undecided;
    private final ErrorFeedback feedback = new ErrorFeedback();
    private final MissingStates missing;
    private final Stranding stranding;
    private final List<NodeListener> listeners = new CopyOnWriteArrayList<>();
    private final List<Evaluation> evaluations = new ArrayList<>();
    private Supplier<Gallery> gallery = Gallery::getDefaultInstance;

    private Phase phase = Phase.STARTING;
    private String explanation = "It has not started.";
    private @Nullable Position genesis;
    private @Nullable Position position;
    private boolean newcomer = true;
    private @Nullable Round round;
    private long startedAtNanos;
    private long heartbeatAtNanos;
    private long notBeforeNanos;
    private Digest groupHead = Digest.ZERO;
    private long groupStartedNanos;
    private long steppedNanos;
    private long samplesInRound;
    /** By the final record of the round that is under way here. */
    private long creditedInRound;

    private long roundsCommitted;
    private long roundsVoid;
    private long samplesCommitted;
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
        Attachments attachments = new Attachments();
        PeerId self = credentials.identity().id();
        this.gossip = new Gossip(
                credentials.identity(),
                credentials.verifier(),
                run.membership(),
                run.targetBatchSize(),
                settings.entryPoints(),
                settings.remembered(),
                scheduler,
                transport,
                attachments,
                peer -> listeners.forEach(listener -> listener.peerProgressed(peer)));
        this.ledger = new Ledger(
                credentials.verifier(),
                run.averaging()::quorum,
                peer -> peer.equals(self)
                        ? Optional.of(credentials.token())
                        : gossip.directory().find(peer).map(PeerView::token),
                scheduler);
        this.rounds = new Rounds(run.averaging(), scheduler);
        this.signing = new RecordSigning(
                credentials, ledger, transport, scheduler, run.averaging().partTimeout(), this::acceptSigned);
        this.view = new SwarmView(gossip.directory(), scheduler);
        this.undecided = new UndecidedRounds(ledger, self);
        this.missing = new MissingStates(
                ledger, this::hasSources, scheduler, run.membership().lifetime());
        this.stranding = new Stranding(
                !settings.advertisedAddress().isEmpty(),
                view,
                scheduler,
                run.membership().lifetime());
        this.history = new History(run.run(), ledger, gossip.directory(), transport, scheduler, attachments::accept);
        this.chains = new ChainChoice(
                ledger,
                gossip.directory(),
                run,
                credentials.token().accountId(),
                record -> replica.isEmpty() || hasSources(record));
        this.matchmaking = replica.isPresent() && gradients.isPresent()
                ? new Matchmaking(
                        run,
                        credentials,
                        transport,
                        scheduler,
                        gossip.directory(),
                        settings.advertisedAddress(),
                        settings.bandwidth(),
                        replica.get().tensors(),
                        view::companions,
                        () -> view.trainers() + 1)
                : null;
        this.answers =
                new Answers(scheduler, gossip, ledger, rounds, signing, states, matchmaking, replica, new Self());
        orders.forEach(this.orders::accept);
        credentials.verifier().refuse(this::findBan);
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
                        .whenComplete(scheduler.guarded((digest, failure) -> {
                            if (failure != null) {
                                log.error("The replica's state cannot be read", failure);
                                return;
                            }
                            Digest genesis = Digest.of(
                                    Hashes.sha256(("starling-genesis-v1 " + run.run()).getBytes(), digest.toBytes()));
                            this.genesis = Position.origin(0, new StateReference(0, 0, digest), genesis);
                            position = this.genesis;
                            publishPeerRecord();
                            tick();
                        }));
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
                .setDevice(gradients.map(GradientSource::device).orElse(""))
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
            signing.stop();
            abandonAll("this peer stops");
            explain("It has stopped.");
            status = snapshot();
        });
    }

    // ---- what the peer does, time and again ----

    private void tick() {
        if (phase == Phase.STOPPED) {
            return;
        }
        scheduler.schedule(untilNextTick(), this::tick);
        long now = scheduler.nanoTime();
        if (now - heartbeatAtNanos >= run.membership().heartbeat().toNanos()) {
            heartbeatAtNanos = now;
            publishProgress();
            gossip.exchange();
        }
        if (matchmaking != null) {
            matchmaking.tick();
        }
        if (phase == Phase.MEETING && matchmaking != null && position != null) {
            findBetterPosition(position).ifPresent(better -> matchmaking.abandon("the swarm has gone on"));
        }
        if ((phase == Phase.STARTING || phase == Phase.ACCUMULATING) && now >= notBeforeNanos) {
            decide();
        }
        status = snapshot();
    }

    /** Short while something is under way or soon due; otherwise a look now and then is enough. */
    private Duration untilNextTick() {
        if (phase != Phase.ACCUMULATING || position == null) {
            return TICK;
        }
        double speed = view.samplesPerSecond()
                + gradients.map(GradientSource::samplesPerSecond).orElse(0.0);
        double missing = run.targetBatchSize() - status.swarmSamples();
        double longest =
                Math.min(LONG_TICK.toNanos(), run.membership().heartbeat().toNanos() / 4.0);
        // half of what is left, so that the last looks are close together
        double nanos = speed > 0 ? Math.min(longest, missing / speed / 2 * 1e9) : longest;
        return Duration.ofNanos((long) Math.max(TICK.toNanos(), nanos));
    }

    /** What to do next, when nothing is under way. */
    private void decide() {
        Optional<String> ban = findBan(credentials.token());
        if (ban.isPresent()) {
            explain("The authority has banned this peer: " + ban.get());
            return;
        }
        Position mine = position;
        if (mine == null) {
            follow();
        } else {
            ledger.restore(this::hasSources);
            if (gradients.isPresent()) {
                stranding.look(mine.roundKey());
            }
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
        newcomer = false;
        if (mine == null || gradients.isEmpty() || matchmaking == null) {
            explain("It computes no gradients; it follows the swarm.");
            return;
        }
        RoundKey key = mine.roundKey();
        long samples = swarmSamples();
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
        boolean knowsNobody =
                settings.entryPoints().isEmpty() && settings.remembered().isEmpty();
        return knowsNobody || age.compareTo(alone ? enough.multipliedBy(2) : enough) >= 0;
    }

    /** The head of the chain to stand on, or the state that the authority ordered, if this peer is not there. */
    private Optional<Position> findBetterPosition(Position mine) {
        long generation = orders.generation();
        boolean isThere = mine.generation() == generation;
        if (newcomer && isThere && !hasLookedAround()) {
            return Optional.empty();
        }
        Optional<Position> root = root();
        Digest place = isThere ? mine.head() : root.orElseThrow().head();
        boolean unsettled = isThere && (newcomer || stranding.isStranded());
        Choice choice = chains.choose(
                new ChainChoice.Stand(generation, root, place, unsettled, gradients.isPresent() && !unsettled));
        if (choice instanceof Choice.Follow follow) {
            return Optional.of(Position.after(follow.head()));
        }
        learn(choice, place);
        return isThere ? Optional.empty() : root;
    }

    /** Where the newest generation begins, as far as this peer can know. */
    private Optional<Position> root() {
        return orders.generation() == 0 ? Optional.ofNullable(genesis) : orders.origin();
    }

    /** Follows the records without a replica. */
    private void follow() {
        if (!hasLookedAround()) {
            return;
        }
        long generation = orders.generation();
        Optional<EpochRecord> head = ledger.head(generation);
        Digest place =
                head.map(EpochRecord::id).or(() -> root().map(Position::head)).orElse(Digest.ZERO);
        learn(chains.choose(new ChainChoice.Stand(generation, root(), place, head.isEmpty(), false)), place);
    }

    private void learn(Choice choice, Digest place) {
        if (choice instanceof Choice.Learn learn) {
            List<Endpoint> peers = new ArrayList<>(view.sourcesOf(learn.head().stateAfter()));
            gossip.directory().alive().stream()
                    .flatMap(peer -> peer.endpoint().stream())
                    .limit(ASKED_FOR_HISTORY)
                    .forEach(peers::add);
            history.connect(learn.head(), place, root().map(Position::head), peers, scheduler.nanoTime());
        }
    }

    // ---- progress ----

    private void publishProgress() {
        if (isRecordAwaited()) {
            return;
        }
        Progress.Builder progress = Progress.newBuilder()
                .setOrderNumber(orders.newest())
                .setGeneration(orders.generation())
                .addAllEvaluations(evaluations);
        states.pinned().forEach(digest -> progress.addServes(digest.toByteString()));
        Position mine = position;
        progress.setNewcomer(newcomer || stranding.isStranded());
        if (mine != null) {
            progress.setGeneration(mine.generation())
                    .setEpoch(mine.state().epoch())
                    .setStateDigest(mine.state().digest().toByteString())
                    .setSamplesLost(samplesLost);
        }
        gradients.ifPresent(source -> progress.setSamples(source.samples() + samplesInRound)
                .setSamplesTotal(samplesCommitted + samplesLost + source.samples() + samplesInRound)
                .setSamplesPerSecond(Math.max(0, source.samplesPerSecond()))
                .setTrainingLoss(Double.isFinite(source.trainingLoss()) ? source.trainingLoss() : 0));
        gossip.report(progress.build());
    }

    /** Whether the record of this peer's last round is about to tell everybody where it stands. */
    private boolean isRecordAwaited() {
        Position mine = position;
        return mine != null
                && scheduler.nanoTime() - steppedNanos
                        < run.membership().heartbeat().multipliedBy(2).toNanos()
                && ledger.find(mine.head()).isPresent()
                && !ledger.isFinal(mine.head());
    }

    /**
     * Learns from a record where its members stand.
     *
     * @param record final, or of a round in which this peer itself has just stepped
     */
    private void moveMembers(EpochRecord record) {
        long now = scheduler.nanoTime();
        long age = Duration.between(record.startedAt(), scheduler.instant()).toNanos();
        // members of one round have begun to accumulate for the next when this peer has; others' clocks are trusted
        // little
        long since = record.parent().equals(groupHead)
                ? groupStartedNanos
                : now - Math.max(0, Math.min(age, run.averaging().roundTimeout().toNanos()));
        for (EpochRecord.Member member : record.members()) {
            if (member.samples() > 0) {
                gossip.directory()
                        .stands(
                                member.peer(),
                                new Standing(
                                        record.generation(),
                                        record.epoch(),
                                        record.stateAfter().toByteString(),
                                        since));
            }
        }
    }

    private long swarmSamples() {
        Position mine = position;
        if (mine == null || gradients.isEmpty() || matchmaking == null) {
            return view.samplesOfAll();
        }
        RoundKey key = mine.roundKey();
        return view.samples(key, gradients.get().samples() + samplesInRound, matchmaking.claimedSamples(key));
    }

    // ---- a round ----

    private void meet(Position mine, RoundKey key, Matchmaking meetings, GradientSource source) {
        phase = Phase.MEETING;
        explain("It meets the others for " + key + ".");
        drain(source)
                .whenComplete(scheduler.guarded((drained, failure) -> scheduler.execute(() -> {
                    if (failure != null || drained.isEmpty()) {
                        if (failure != null) {
                            log.error("No gradient from the training loop", failure);
                        }
                        pause(MEET_AGAIN);
                        return;
                    }
                    Gradient gradient = drained.get();
                    samplesInRound = gradient.samples();
                    if (phase != Phase.MEETING || !mine.equals(position)) {
                        giveBack(source, gradient);
                        pause(Duration.ZERO);
                        return;
                    }
                    meetings.meet(key, mine.subgroupsLog2(), gradient.samples())
                            .whenComplete(scheduler.guarded((group, problem) -> {
                                if (problem == null) {
                                    average(mine, group, gradient, source);
                                    return;
                                }
                                giveBack(source, gradient);
                                log.info("No group for {}: {}", key, problem.getMessage());
                                explain("It found no group for " + key + ": " + problem.getMessage() + ".");
                                pause(MEET_AGAIN);
                            }));
                })));
    }

    /** What has been accumulated, with what the codec left out of earlier rounds. */
    private CompletableFuture<Optional<Gradient>> drain(GradientSource source) {
        if (!run.averaging().errorFeedback()) {
            return source.drain();
        }
        return source.drain()
                .thenCompose(drained -> scheduler.compute(() -> {
                    drained.ifPresent(gradient -> feedback.addTo(gradient.mean(), gradient.samples()));
                    return drained;
                }));
    }

    private void giveBack(GradientSource source, Gradient gradient) {
        samplesInRound = 0;
        source.giveBack(gradient);
    }

    /** Goes on accumulating, and decides nothing for a while. */
    private void pause(Duration time) {
        if (phase != Phase.STOPPED) {
            phase = Phase.ACCUMULATING;
            notBeforeNanos = scheduler.nanoTime() + time.toNanos();
            status = snapshot();
        }
    }

    private void average(Position mine, Group group, Gradient gradient, GradientSource source) {
        phase = Phase.AVERAGING;
        groupHead = mine.head();
        groupStartedNanos = scheduler.nanoTime();
        explain("It averages for " + group.round() + " with " + group + ".");
        status = snapshot();
        Round current = new Round(
                group,
                gradient.mean(),
                credentials.identity(),
                run.averaging(),
                transport,
                scheduler,
                peer -> gossip.directory().suspect(peer));
        round = current;
        creditedInRound = 0;
        rounds.remember(current);
        CompletableFuture<Round.Outcome> outcome = current.start();
        current.exclude(this::isBanned);
        rounds.answerEarlyCalls(current);
        outcome.whenComplete(scheduler.guarded((end, failure) -> {
            round = null;
            if (end instanceof Round.Outcome.Committed committed && mine.equals(position)) {
                step(mine, group, committed, gradient, source);
            } else {
                String why = end instanceof Round.Outcome.Voided none ? none.reason() : "the swarm went on without it";
                roundsVoid++;
                log.info("The round for {} is void: {}", group.round(), why);
                explain("The last round was void: " + why + ".");
                if (creditedInRound > 0) {
                    samplesInRound = 0;
                    samplesCommitted += creditedInRound;
                    undecided.clear();
                } else {
                    // the others may have committed it nevertheless, with this gradient
                    undecided.add(group.id());
                    giveBack(source, gradient);
                }
                pause(MEET_AGAIN);
            }
        }));
    }

    private void step(
            Position mine, Group group, Round.Outcome.Committed committed, Gradient own, GradientSource source) {
        phase = Phase.STEPPING;
        Replica target = replica.orElseThrow();
        states.withReplica(() -> {
                    target.apply(committed.gradient().values());
                    if (run.averaging().errorFeedback()) {
                        feedback.keep(
                                group, credentials.identity().id(), own.mean(), own.samples(), committed.gradient());
                    }
                    return StateDescription.of(target.state()).digest();
                })
                .whenComplete(scheduler.guarded((digest, failure) -> {
                    if (failure != null) {
                        log.error("The optimizer step failed; the state will be downloaded", failure);
                        giveBack(source, own);
                        position =
                                Position.origin(mine.generation(), new StateReference(0, 0, Digest.ZERO), Digest.ZERO);
                        newcomer = true;
                        pause(RETRY);
                        return;
                    }
                    EpochRecord record = EpochRecords.of(run.run(), mine, group, committed.gradient(), digest);
                    position = Position.after(record);
                    steppedNanos = scheduler.nanoTime();
                    samplesInRound = 0;
                    roundsCommitted++;
                    int self =
                            EpochRecords.indexOf(record, credentials.identity().id());
                    samplesCommitted += record.members().get(self).samples();
                    if (record.members().get(self).samples() == 0) {
                        log.info("This peer's gradient was not in every part of {}; its samples were lost", record);
                        samplesLost += own.samples();
                        undecided.lose();
                    } else {
                        undecided.clear();
                    }
                    log.info("Committed {} with {} samples", record, record.samples());
                    moveMembers(record);
                    ledger.keep(record);
                    signing.sign(record, group);
                    ledger.follow(record.generation(), record.id());
                    pause(Duration.ZERO);
                    publishProgress();
                    listeners.forEach(l -> l.replicaAdvanced(record.generation(), record.stateReference()));
                }));
    }

    // ---- records and orders ----

    /** Takes in a record with some signatures. Whether it has become final. */
    private boolean accept(EpochRecordMessage message) {
        if (ledger.accept(message) != Ledger.Acceptance.BECAME_FINAL) {
            return false;
        }
        EpochRecord record = ledger.find(EpochRecord.idOf(message.getBody())).orElseThrow();
        moveMembers(record);
        if (round != null && isOf(record, round.group())) {
            creditedInRound = record.members()
                    .get(EpochRecords.indexOf(record, credentials.identity().id()))
                    .samples();
            round.becameFinal(record.gradient());
        }
        listeners.forEach(listener -> listener.recordBecameFinal(record));
        return true;
    }

    /** Anybody can make a record that names the group; with the group's members it has their quorum. */
    private static boolean isOf(EpochRecord record, Group group) {
        return record.groupId().equals(group.id())
                && record.members().stream()
                        .map(EpochRecord.Member::peer)
                        .toList()
                        .equals(group.members().stream().map(Group.Member::peer).toList());
    }

    /** Takes in a record that has not come by gossip, and announces it if it has become final. */
    private void acceptSigned(EpochRecordMessage message) {
        if (accept(message)) {
            ledger.message(EpochRecord.idOf(message.getBody()), false).ifPresent(gossip::announce);
        }
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
            abandonAll("the authority has ordered generation " + orders.generation());
        }
        if (order.order() instanceof Order.Ban) {
            shutOutTheBanned();
        }
        listeners.forEach(listener -> listener.ordered(order));
        return true;
    }

    private void shutOutTheBanned() {
        gossip.forget(token -> findBan(token).isPresent());
        if (matchmaking != null) {
            matchmaking.dismiss(
                    token -> findBan(token).isPresent(),
                    new RefusalException(RefusalException.Reason.BANNED, "The authority has banned this peer"));
        }
        if (round != null) {
            round.exclude(this::isBanned);
        }
        if (findBan(credentials.token()).isPresent()) {
            abandonAll("the authority has banned this peer");
        }
    }

    private void abandonAll(String why) {
        if (matchmaking != null) {
            matchmaking.abandon(why);
        }
        if (round != null) {
            round.abandon(why);
        }
    }

    private Optional<String> findBan(AccessToken token) {
        return orders.findBan(token.accountId(), token.peer());
    }

    private boolean isBanned(Group.Member member) {
        return orders.findBan(member.accountId(), member.peer()).isPresent();
    }

    private final class Attachments implements Gossip.Attachments {
        @Override
        public boolean accept(EpochRecordMessage message) {
            try {
                return SwarmNode.this.accept(message)
                        && ledger.find(EpochRecord.idOf(message.getBody()))
                                .filter(chains::isWorthPassingOn)
                                .isPresent();
            } catch (IllegalArgumentException e) {
                log.info("Ignored {}", e.getMessage());
                return false;
            }
        }

        @Override
        public boolean accept(OrderMessage message) {
            return SwarmNode.this.accept(message);
        }

        @Override
        public long completeOrders() {
            return orders.complete();
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
            // whoever has a record that is unknown here is ahead or on a fork; the head alone tells which
            int fitting = head.length == 0 || ledger.find(after).isPresent() ? limit : 1;
            return ledger.messages(ledger.chainAfter(orders.generation(), after, fitting), true);
        }
    }

    // ---- catching up ----

    private boolean hasSources(EpochRecord record) {
        return !view.sourcesOf(record.stateAfter()).isEmpty();
    }

    private void catchUp(Position mine, Position target) {
        List<Endpoint> sources = view.sourcesOf(target.state().digest());
        explain("It is at epoch " + mine.state().epoch() + " of generation " + mine.generation()
                + "; the swarm is at epoch " + target.state().epoch() + " of generation " + target.generation()
                + (sources.isEmpty()
                        ? ", but nobody says yet that it has that state."
                        : ", whose state it downloads."));
        if (sources.isEmpty()) {
            missing.notFound(mine, target);
            pauseStarting();
            return;
        }
        phase = Phase.CATCHING_UP;
        Replica destination = replica.orElseThrow();
        log.info("Catching up to epoch {} of generation {}", target.state().epoch(), target.generation());
        StateDownload.start(target.state().digest(), sources, transport, scheduler)
                .thenCompose(snapshot -> states.withReplica(() -> load(destination, snapshot)))
                .whenComplete(scheduler.guarded((loaded, failure) -> {
                    if (failure != null) {
                        log.info("Not caught up yet: {}", Futures.cause(failure).getMessage());
                        pause(RETRY);
                        return;
                    }
                    boolean near = target.generation() == mine.generation()
                            && target.state().epoch() <= mine.state().epoch() + 1;
                    long spent = undecided.spentSamples(target);
                    if (!near || spent > 0) {
                        discardGradients(target, spent);
                    }
                    long recovered = undecided.recoveredSamples(target);
                    samplesLost -= recovered;
                    samplesCommitted += recovered;
                    undecided.clear();
                    position = target;
                    newcomer = false;
                    log.info(
                            "At epoch {} of generation {}, state {}",
                            target.state().epoch(),
                            target.generation(),
                            target.state().digest().abbreviated());
                    pause(Duration.ZERO);
                    publishProgress();
                    listeners.forEach(l -> l.replicaAdvanced(target.generation(), target.state()));
                }));
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

    private void discardGradients(Position target, long spent) {
        feedback.forget();
        long discarded = Math.max(0, gradients.map(GradientSource::discard).orElse(0L) - spent);
        samplesCommitted += spent;
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

    /** Answers other peers; give it to the {@code SwarmService}. */
    public RequestHandler handler() {
        return answers;
    }

    private final class Self implements Answers.Self {
        @Override
        public Phase phase() {
            return phase;
        }

        @Override
        public Optional<Position> position() {
            return Optional.ofNullable(position);
        }

        @Override
        public long generation() {
            return orders.generation();
        }

        @Override
        public Supplier<Gallery> gallery() {
            return gallery;
        }

        @Override
        public Optional<String> findBan(AccessToken token) {
            return SwarmNode.this.findBan(token);
        }
    }

    // ---- for those who embed the node ----

    /** For the next status. */
    private void explain(String sentence) {
        explanation = sentence;
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
                swarmSamples(),
                roundsCommitted,
                roundsVoid,
                samplesLost,
                orders.newest());
    }

    /** What this node knew a moment ago. */
    public NodeStatus status() {
        return status;
    }

    /**
     * Where others have answered, the latest first. Kept over the peer's end and given to the next node as {@link
     * NodeSettings#remembered}, it lets that find the swarm although its entry points have gone.
     */
    public List<Endpoint> addresses() {
        return gossip.addresses();
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
                        : StateDownload.start(state.digest(), view.sourcesOf(state.digest()), transport, scheduler);
        attempt.whenComplete(scheduler.guarded((snapshot, failure) -> {
            if (failure == null && snapshot.description().digest().equals(state.digest())) {
                result.complete(snapshot);
            } else if (scheduler.nanoTime() >= untilNanos || phase == Phase.STOPPED) {
                result.completeExceptionally(
                        failure == null
                                ? new StateUnavailableException("The swarm has gone on from that state")
                                : Futures.cause(failure));
            } else {
                scheduler.schedule(FETCH_AGAIN, () -> fetchState(state, untilNanos, result));
            }
        }));
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
            acceptSigned(record);
            return ledger.isFinal(EpochRecord.idOf(record.getBody()));
        });
    }

    /**
     * Records that led to the given one, from it backwards, as far as some peer knows them. Those before the first are
     * believed because each is named by the one after it.
     */
    public CompletableFuture<List<EpochRecord>> fetchHistory(Digest from, int limit) {
        CompletableFuture<List<EpochRecord>> result = new CompletableFuture<>();
        scheduler.execute(() -> history.fetch(from, limit).whenComplete(scheduler.guarded(Futures.into(result))));
        return result;
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
                                .whenComplete(scheduler.guarded(Futures.into(result))),
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
                .whenComplete(scheduler.guarded(Futures.into(result))));
        return result;
    }
}
