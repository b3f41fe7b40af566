package org.starling.swarm.node;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.Bandwidth;
import org.starling.swarm.averaging.BandwidthProbe;
import org.starling.swarm.averaging.Contradiction;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.averaging.Deadlines;
import org.starling.swarm.averaging.Distrust;
import org.starling.swarm.averaging.ErrorFeedback;
import org.starling.swarm.averaging.Matchmaking;
import org.starling.swarm.averaging.TimedCalls;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.Attachments;
import org.starling.swarm.membership.Gossip;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.orders.InvalidOrderException;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.runtime.SparingLog;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RequestHandler;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.ContradictionMessage;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.FetchGalleryRequest;
import org.starling.swarm.wire.proto.Gallery;
import org.starling.swarm.wire.proto.OrderMessage;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * One peer of the swarm: gossips, meets, averages, steps, stands on the chain that counts and obeys orders. This class puts the
 * parts together and serves those who embed the node; {@link Routine} is where a peer decides what to do. Public methods may
 * be called from any thread and return at once; everything else happens on the scheduler's protocol thread.
 */
public final class SwarmNode implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SwarmNode.class);
    private static final Duration FETCH_DEADLINE = Duration.ofSeconds(20);

    private final PeerContext context;
    private final Optional<Replica> replica;
    private final Transport transport;
    private final Scheduler scheduler;
    private final Gossip gossip;
    private final Ledger ledger;
    private final OrderBook orders = new OrderBook();
    private final Shunning shunning;
    private final SwarmView view;
    private final StateServer states;
    private final @Nullable Matchmaking matchmaking;
    private final @Nullable OwnRound round;
    private final @Nullable BandwidthProbe probe;
    private final @Nullable Assistance assistance;
    private final Records records;
    private final RecordSigning signing;
    private final Obedience obedience;
    private final History history;
    private final ChainChoice chains;
    private final ProgressReports reports;
    private final Situation situation;
    private final SampleAccount account = new SampleAccount();
    private final Routine routine;
    private final Answers answers;
    private final StateFetch stateFetch;
    private final SparingLog ignored;
    private final List<NodeListener> listeners = new CopyOnWriteArrayList<>();
    private Supplier<Gallery> gallery = Gallery::getDefaultInstance;
    private volatile RunConfiguration configuration;
    private volatile SampleLimits limits;
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
            Transport network,
            Scheduler scheduler) {
        if (gradients.isPresent() && replica.isEmpty()) {
            throw new IllegalArgumentException("A peer that computes gradients needs a replica");
        }
        this.configuration = run;
        this.limits = run.limits();
        Deadline.Watch watch =
                (deadline, took, allowed) -> listeners.forEach(l -> l.deadlineUsed(deadline, took, allowed));
        TimedCalls calls = new TimedCalls(network, scheduler, new Deadlines(scheduler, watch));
        this.transport = new WatchedTransport(calls);
        this.context =
                new PeerContext(() -> configuration, settings, credentials, transport, calls, scheduler, listeners);
        this.replica = replica;
        this.scheduler = scheduler;
        this.ignored = new SparingLog(log::info, scheduler);
        this.situation = new Situation(scheduler, this::refreshStatus);
        this.obedience = new Obedience(run, context, authority, this.orders, situation, new Effects());
        this.states = new StateServer(scheduler);
        Attached attachments = new Attached();
        PeerId self = context.self();
        this.gossip = new Gossip(
                credentials.identity(),
                credentials.verifier(),
                run.membership(),
                run.limits(),
                () -> configuration.targetBatchSize(),
                settings.entryPoints(),
                settings.remembered(),
                scheduler,
                transport,
                attachments,
                peer -> listeners.forEach(listener -> listener.peerProgressed(peer)));
        this.ledger = new Ledger(
                credentials.verifier(),
                run.averaging()::quorum,
                () -> limits,
                peer -> peer.equals(self)
                        ? Optional.of(credentials.token())
                        : gossip.directory().find(peer).map(PeerView::token),
                scheduler);
        this.records = new Records(
                context, ledger, gossip, this.orders::generation, this::isWorthPassingOn, this::becameFinal);
        this.signing = new RecordSigning(
                credentials,
                ledger,
                transport,
                scheduler,
                () -> configuration.averaging().partTimeout(),
                calls.deadlines(),
                records::acceptSigned);
        this.shunning = new Shunning(gossip.directory(), self, scheduler, this::shunOthers);
        this.view = new SwarmView(gossip.directory(), scheduler, shunning::isShunned);
        UndecidedRounds undecided = new UndecidedRounds(ledger, self);
        ErrorFeedback feedback = new ErrorFeedback();
        Rounds rounds = new Rounds(() -> configuration.averaging(), scheduler);
        Stranding stranding = new Stranding(
                !settings.advertisedAddress().isEmpty(),
                view,
                scheduler,
                run.membership().lifetime());
        this.history = new History(run.run(), ledger, gossip.directory(), transport, scheduler, attachments::accept);
        this.chains = new ChainChoice(
                ledger,
                gossip.directory(),
                run.averaging()::quorum,
                () -> configuration.targetBatchSize(),
                credentials.token().accountId(),
                history,
                record -> replica.isEmpty() || view.hasSources(record),
                records::follow);
        Orientation orientation = new Orientation(
                context,
                gossip,
                ledger,
                this.orders,
                view,
                history,
                chains,
                stranding,
                situation,
                gradients.isPresent());
        this.reports = new ProgressReports(
                context, gradients, gossip, ledger, this.orders, states, stranding, situation, account);
        CatchingUp catchingUp = replica.map(mine -> new CatchingUp(
                        context,
                        mine,
                        gradients,
                        states,
                        view,
                        ledger,
                        history,
                        new MissingStates(
                                ledger,
                                view::hasSources,
                                scheduler,
                                run.membership().lifetime()),
                        undecided,
                        feedback,
                        reports,
                        situation,
                        account))
                .orElse(null);
        Routine.Training training = null;
        if (replica.isPresent() && gradients.isPresent()) {
            Bandwidth bandwidth = new Bandwidth(settings.bandwidth());
            Distrust distrust = new Distrust(scheduler);
            this.probe = new BandwidthProbe(bandwidth, gossip.directory(), calls, scheduler);
            this.matchmaking = new Matchmaking(
                    context::run,
                    () -> limits,
                    credentials,
                    calls,
                    scheduler,
                    gossip.directory(),
                    settings.advertisedAddress(),
                    bandwidth,
                    replica.get().tensors(),
                    view::companions,
                    head -> ledger.find(head).map(EpochRecord::startedAt),
                    shunning::isShunned,
                    () -> view.trainers() + 1,
                    distrust);
            this.round = new OwnRound(
                    context,
                    replica.get(),
                    gradients.get(),
                    matchmaking,
                    bandwidth,
                    distrust,
                    rounds,
                    records,
                    signing,
                    ledger,
                    gossip,
                    states,
                    undecided,
                    feedback,
                    reports,
                    situation,
                    account,
                    member -> obedience.isBanned(member) || shunning.isShunned(member),
                    attachments::tell);
            training = new Routine.Training(gradients.get(), matchmaking, round);
        } else {
            this.matchmaking = null;
            this.round = null;
            this.probe = null;
        }
        this.assistance = gradients.isEmpty() && settings.offersToReduce()
                ? new Assistance(
                        context,
                        ledger,
                        view,
                        this.orders,
                        rounds,
                        situation,
                        member -> obedience.isBanned(member) || shunning.isShunned(member),
                        new Assisting(attachments))
                : null;
        this.routine = new Routine(
                context,
                gossip,
                ledger,
                view,
                obedience,
                orientation,
                stranding,
                reports,
                situation,
                account,
                catchingUp,
                training);
        this.answers =
                new Answers(scheduler, gossip, ledger, rounds, signing, states, matchmaking, replica, new Self());
        this.stateFetch = new StateFetch(context, replica, states, view, situation);
        obedience.begin(orders);
        credentials.verifier().refuse(obedience::findBan);
        this.status = snapshot();
    }

    /**
     * Measures how fast the line is with one or two peers that have time, as soon as some are known; to be called once, after {@link
     * #start}. Without it what the owner has set counts until a round has measured the line.
     */
    public void probeLine() {
        BandwidthProbe prober = probe;
        if (prober != null && context.settings().bandwidth() > 0) {
            scheduler.execute(prober::begin);
        }
    }

    /** Begins to take part. */
    public void start() {
        scheduler.execute(() -> {
            routine.begin();
            if (assistance != null) {
                assistance.begin();
            }
            if (replica.isEmpty()) {
                reports.publishPeerRecord();
                routine.tick();
                return;
            }
            Replica mine = replica.get();
            states.withReplica(() -> StateDescription.of(mine.state()).digest())
                    .whenComplete(scheduler.guarded((digest, failure) -> {
                        if (failure != null) {
                            log.error("The replica's state cannot be read", failure);
                            return;
                        }
                        Digest genesis = Digest.of(Hashes.sha256(
                                ("starling-genesis-v1 " + context.run().run()).getBytes(), digest.toBytes()));
                        situation.beginAt(Position.origin(0, new StateReference(0, 0, digest), genesis));
                        reports.publishPeerRecord();
                        routine.tick();
                    }));
        });
    }

    /** Tells the others of a renewed token. */
    public void announceToken() {
        scheduler.execute(reports::publishPeerRecord);
    }

    /** Stops taking part; calls under way fail. */
    @Override
    public void close() {
        scheduler.execute(() -> {
            situation.enter(Phase.STOPPED);
            signing.stop();
            abandon("this peer stops");
            situation.explain("It has stopped.");
            refreshStatus();
        });
    }

    private void abandon(String why) {
        if (round != null) {
            round.abandon(why);
        }
        if (assistance != null) {
            assistance.abandon(why);
        }
    }

    private boolean isWorthPassingOn(EpochRecord record) {
        return chains.isWorthPassingOn(record);
    }

    private void becameFinal(EpochRecord record) {
        signing.becameFinal(record.id());
        if (round != null) {
            round.becameFinal(record);
        }
    }

    private void shunOthers() {
        view.lookAgain();
        if (matchmaking != null) {
            matchmaking.dismiss(
                    shunning::isShunned,
                    new RefusalException(
                            RefusalException.Reason.SHUNNED,
                            "A peer of this account has told different members of a round different averages"));
        }
        if (round != null) {
            round.excludeUnwelcome();
        }
    }

    private final class Effects implements Obedience.Effects {
        @Override
        public void abandon(String why) {
            SwarmNode.this.abandon(why);
        }

        @Override
        public void change(RunConfiguration changed, SampleLimits possible) {
            configuration = changed;
            limits = possible;
        }

        @Override
        public void shutOutTheUnwelcome() {
            Predicate<AccessToken> unwelcome =
                    token -> !context.credentials().verifier().isWelcome(token);
            gossip.forget(unwelcome, token -> obedience.findBan(token).isPresent());
            if (matchmaking != null) {
                matchmaking.dismiss(
                        unwelcome,
                        new RefusalException(
                                RefusalException.Reason.BANNED,
                                "The authority has banned this peer, or revoked the key that signed its token"));
            }
            if (round != null) {
                round.excludeUnwelcome();
            }
            context.credentials().review();
        }
    }

    /** Records and orders, which travel with the news about peers. */
    private final class Attached implements Attachments {
        @Override
        public boolean accept(EpochRecordMessage message) {
            try {
                return records.accept(message)
                        && ledger.find(EpochRecord.idOf(message.getBody()))
                                .filter(SwarmNode.this::isWorthPassingOn)
                                .isPresent();
            } catch (IllegalArgumentException e) {
                ignored.info("Ignored " + e.getMessage());
                return false;
            }
        }

        @Override
        public boolean accept(OrderMessage message) {
            return obedience.accept(message);
        }

        @Override
        public boolean accept(ContradictionMessage message) {
            return shunning.accept(message);
        }

        /** What this peer has found out itself. */
        void tell(ContradictionMessage message) {
            if (shunning.accept(message)) {
                gossip.announce(message);
            }
        }

        @Override
        public List<ContradictionMessage> contradictions() {
            return shunning.proofs();
        }

        @Override
        public long shunned() {
            return shunning.name();
        }

        @Override
        public long completeOrders() {
            return orders.complete();
        }

        @Override
        public byte[] head() {
            return ledger.head(orders.generation())
                    .or(() -> ledger.newest(orders.generation()))
                    .map(record -> record.id().toBytes())
                    .orElseGet(() -> new byte[0]);
        }

        @Override
        public List<OrderMessage> ordersAfter(long number) {
            return orders.after(number).stream().map(SignedOrder::toMessage).toList();
        }

        @Override
        public Optional<List<EpochRecordMessage>> recordsAfter(byte[] head, int limit, int maxBytes) {
            Digest after = head.length == Digest.BYTES ? Digest.of(head) : Digest.ZERO;
            if (head.length != 0 && ledger.find(after).isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(ledger.messages(ledger.chainAfter(orders.generation(), after, limit), maxBytes));
        }

        @Override
        public void hasHead(Endpoint peer, byte[] head) {
            if (head.length == Digest.BYTES) {
                history.learn(Digest.of(head), peer);
            }
        }
    }

    /** Answers other peers; give it to the {@code SwarmService}. */
    public RequestHandler handler() {
        return answers;
    }

    /** What a round tells in which this peer only reduces. */
    private final class Assisting implements Assistance.Callbacks {
        private final Attached attachments;

        Assisting(Attached attachments) {
            this.attachments = attachments;
        }

        @Override
        public void unreachable(PeerId member) {
            gossip.directory().suspect(member);
        }

        @Override
        public void contradicted(Contradiction contradiction) {
            attachments.tell(contradiction.message());
        }
    }

    private final class Self implements Answers.Self {
        @Override
        public boolean mayHelp() {
            return assistance != null && assistance.mayBegin();
        }

        @Override
        public Phase phase() {
            return situation.phase();
        }

        @Override
        public Optional<Position> position() {
            return situation.position();
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
            return obedience.findBan(token);
        }

        @Override
        public boolean isShunned(AccessToken token) {
            return shunning.isShunned(token);
        }
    }

    // ---- for those who embed the node ----

    private void refreshStatus() {
        status = snapshot();
    }

    private NodeStatus snapshot() {
        Optional<Position> mine = situation.position();
        Optional<EpochRecord> head = ledger.head(orders.generation());
        return new NodeStatus(
                situation.phase(),
                situation.explanation(),
                mine.map(Position::generation).orElseGet(orders::generation),
                mine.map(Position::state),
                head,
                mine.map(Position::head).or(() -> head.map(EpochRecord::id)).orElse(Digest.ZERO),
                gossip.directory().alive(),
                routine.countSwarmSamples(),
                account.roundsCommitted(),
                account.roundsVoid(),
                account.lost(),
                orders.newest());
    }

    /** What this node knew a moment ago. */
    public NodeStatus status() {
        return status;
    }

    /** Whether the authority has paused the run: what is computed now waits until it goes on. */
    public boolean isPaused() {
        return obedience.findPause().isPresent();
    }

    /** What the run's peers agree on now. */
    public RunConfiguration configuration() {
        return configuration;
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
                SignedOrder verified = obedience.verify(order.toMessage());
                if (obedience.accept(verified)) {
                    gossip.announce(verified.toMessage());
                    reports.publishProgress();
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
        scheduler.execute(() -> stateFetch.fetch(state, patience, result));
        return result;
    }

    /** Serves a state to others, besides the replica's own: the four that were given last. */
    public void serve(StateReference state, StateSnapshot snapshot) {
        if (!snapshot.description().digest().equals(state.digest())) {
            throw new IllegalArgumentException("The snapshot is of another state than " + state);
        }
        scheduler.execute(() -> {
            states.pin(state.digest(), snapshot);
            reports.publishProgress();
        });
    }

    /** A record with its signatures and the signers' tokens, fit to be kept and adopted after years. */
    public CompletableFuture<Optional<EpochRecordMessage>> exportRecord(Digest recordId) {
        return onProtocolThread(() -> ledger.message(recordId, true));
    }

    /** Takes in a record that was kept. Whether it is final now. */
    public CompletableFuture<Boolean> adopt(EpochRecordMessage record) {
        return onProtocolThread(() -> {
            records.acceptSigned(record, true);
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
        scheduler.execute(() -> reports.add(evaluation));
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
    public <T> CompletableFuture<T> readState(Function<StateBytes, T> reader) {
        CompletableFuture<T> result = new CompletableFuture<>();
        scheduler.execute(() -> states.withReplica(
                        () -> reader.apply(replica.orElseThrow().state()))
                .whenComplete(scheduler.guarded(Futures.into(result))));
        return result;
    }
}
