package org.starling.swarm.membership;

import com.google.protobuf.ByteString;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.ContradictionMessage;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.GossipReply;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.OrderMessage;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;
import org.starling.swarm.wire.proto.Pull;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Spreads news. What is urgent is pushed to a few random partners at once, and by them again ({@link Pushes}). Every heartbeat one
 * random partner is asked what has arrived there lately; that carries everything that can wait, finds what a push has missed and
 * shows whether the partner lives. Whole tables are compared seldom, the larger they are the more so ({@link Comparisons}). Epoch
 * records and orders travel along ({@link Attachments}). Confined to the protocol thread.
 */
public final class Gossip {
    private static final Logger log = LoggerFactory.getLogger(Gossip.class);
    private static final int MAX_ITEMS = 4096;
    private static final int MAX_NAMES = 65_536;
    private static final Duration CALL_DEADLINE = Duration.ofSeconds(10);
    /** A statement is offered for this long by everybody who has taken it in; that reaches everybody. */
    private static final int RECENT_HEARTBEATS = 5;

    /** Statements of one comparison that are offered on: more of them are what a peer that was away has to catch up with. */
    private static final int MAX_OFFERED_ON = 64;

    private static final int HEARTBEATS_BETWEEN_SEARCHES = 4;
    /** How long a part of another peer's whole table is waited for at first before somebody else is asked. */
    private static final int HEARTBEATS_OF_PATIENCE = 1;

    private static final MethodDescriptor<GossipRequest, GossipReply> GOSSIP = SwarmGrpc.getGossipMethod();

    /** How statements that have just been taken in are passed on. */
    private enum Spread {
        /** Pushed to others. */
        AT_ONCE,
        /** Told to those who ask for what is recent. */
        WHEN_ASKED,
        /** Told to those who compare whole tables: everybody else has them. */
        IN_COMPARISONS;

        /** Of statements that somebody had, however long. */
        static Spread ofComparison(int statements) {
            return statements > MAX_OFFERED_ON ? IN_COMPARISONS : WHEN_ASKED;
        }
    }

    /** What the rest of the peer wants to hear of. */
    public interface Listener {
        void progressed(PeerView peer);
    }

    private final NewsTable table;
    private final KnownPeers peers;
    private final MembershipSettings settings;
    private final Scheduler scheduler;
    private final Transport transport;
    private final List<Endpoint> entryPoints;
    private final AddressBook book;
    private final Attachments attachments;
    private final Listener listener;
    private final Pushes pushes;
    private final OwnWords words;
    private final Comparisons comparisons;
    private final Partners partners;
    private long heartbeats;
    private long exchanges;
    private @Nullable String lastProblem;

    /**
     * @param limits of what peers may claim
     * @param targetBatchSize an epoch's samples, asked when it matters: they tell what error in a peer's share of them does not
     * @param entryPoints asked while few others are known
     * @param remembered addresses at which others answered in an earlier life, the latest first; asked as the entry points are
     */
    public Gossip(
            PeerIdentity identity,
            TokenVerifier verifier,
            MembershipSettings settings,
            SampleLimits limits,
            LongSupplier targetBatchSize,
            List<Endpoint> entryPoints,
            List<Endpoint> remembered,
            Scheduler scheduler,
            Transport transport,
            Attachments attachments,
            Listener listener) {
        this.peers = new KnownPeers(identity.id(), scheduler, settings.lifetime());
        this.table = new NewsTable(
                identity, verifier, limits, scheduler, settings.heartbeat().multipliedBy(RECENT_HEARTBEATS), peers);
        this.settings = settings;
        this.pushes = new Pushes(scheduler, this::push);
        this.words = new OwnWords(table, peers, settings, targetBatchSize, scheduler, pushes);
        this.partners = new Partners(peers, scheduler.random());
        this.comparisons = new Comparisons(scheduler, settings.heartbeat().multipliedBy(HEARTBEATS_OF_PATIENCE));
        this.entryPoints = List.copyOf(entryPoints);
        this.book = new AddressBook(remembered);
        this.scheduler = scheduler;
        this.transport = transport;
        this.attachments = attachments;
        this.listener = listener;
    }

    /**
     * For a process that runs many peers: those that take in the same statement share what is parsed of it from now on.
     * Changes no result.
     *
     * @param statements how many are shared at most
     */
    public static void share(int statements) {
        News.share(statements);
    }

    public PeerDirectory directory() {
        return peers;
    }

    /** Addresses at which others have answered, the latest first. Callable from any thread. */
    public List<Endpoint> addresses() {
        return book.addresses();
    }

    /** Exchanges with other peers that have succeeded. */
    public long exchanges() {
        return exchanges;
    }

    /** Why the last exchange with an entry point failed; null if it did not. */
    public @Nullable String lastProblem() {
        return lastProblem;
    }

    /** Says how this peer is reached and by what right it takes part. */
    public void publish(PeerRecord record) {
        words.publish(record);
    }

    /**
     * Says how far this peer is, if the others do not know it and it is worth a word now, or if it is time for a sign of
     * life. Call it once a heartbeat and when something has changed.
     *
     * @param progress {@code fallen_back} is filled in here
     */
    public void report(Progress progress) {
        words.report(progress);
    }

    /** Passes a record on at once. */
    public void announce(EpochRecordMessage record) {
        pushes.add(record);
    }

    /** Passes an order on at once. */
    public void announce(OrderMessage order) {
        pushes.add(order);
    }

    /** Passes a contradiction on at once. */
    public void announce(ContradictionMessage contradiction) {
        pushes.add(contradiction);
    }

    private void push(GossipRequest.Builder message) {
        GossipRequest request =
                message.setOrderNumber(attachments.completeOrders()).build();
        for (Endpoint partner : partners.choose(settings.fanout())) {
            transport.call(partner, GOSSIP, request, CALL_DEADLINE).whenComplete(scheduler.guarded((reply, failure) -> {
                if (failure != null) {
                    failed(partner, failure);
                } else if (isSane(partner, reply)) {
                    answered(partner);
                    accept(reply.getOrdersList());
                }
            }));
        }
    }

    /**
     * Forgets all that some peers have said; refusing what they say from now on is the token verifier's business.
     *
     * @param unwelcome whose words are forgotten
     * @param banned of whom the address is forgotten as well; others of the unwelcome may come back with better tokens, and if it
     *     is everybody, there is nobody else by whom the swarm can be found
     */
    public void forget(Predicate<AccessToken> unwelcome, Predicate<AccessToken> banned) {
        peers.endpoints(banned).forEach(book::forget);
        table.forget(unwelcome);
    }

    // ---- anti-entropy ----

    /** Compares with one random partner; call it once a heartbeat. */
    public void exchange() {
        table.expire();
        peers.expire();
        boolean all = comparisons.isDue();
        List<Endpoint> chosen = partners.choose(1);
        chosen.forEach(partner -> exchange(partner, all));
        // else one lost call would keep somebody out of sight for a lifetime whom all the others see
        peers.callAgain().ifPresent(doubtful -> exchange(doubtful, false));
        // those who can only dial out may be many, and nobody hears of the rest from them
        if (chosen.isEmpty() || peers.livingCount() < settings.fanout()) {
            boolean byBook = entryPoints.isEmpty() || scheduler.random().nextBoolean();
            List<Endpoint> remembered = book.addresses();
            exchangeWithOneOf(byBook && !remembered.isEmpty() ? remembered : entryPoints);
        } else if (++heartbeats % HEARTBEATS_BETWEEN_SEARCHES == 0) {
            searchForTheLost();
        }
    }

    private void exchangeWithOneOf(List<Endpoint> endpoints) {
        if (!endpoints.isEmpty()) {
            exchange(endpoints.get(scheduler.random().nextInt(endpoints.size())), !comparisons.isWaiting());
        }
    }

    /** Tries somebody of whom nothing is heard: after a cut, two halves that live on find each other again like this. */
    private void searchForTheLost() {
        List<Endpoint> lost = peers.lost();
        for (Endpoint entryPoint : entryPoints) {
            if (!peers.isLiving(entryPoint.address())) {
                lost.add(entryPoint);
            }
        }
        if (!lost.isEmpty()) {
            exchange(lost.get(scheduler.random().nextInt(lost.size())), false);
        }
    }

    private void exchange(Endpoint partner, boolean all) {
        long page = all ? comparisons.ask() : 0;
        if (all) {
            // the next heartbeat may be far; whoever is asked may have died a moment ago, as some of those do whom a
            // newcomer hears of
            scheduler.schedule(comparisons.patience(), () -> askElsewhere(page));
        }
        pull(partner, all ? Pull.ALL : Pull.RECENT, page);
    }

    /** @param page of a comparison that is under way; 0 if the answer is none */
    private void pull(Endpoint partner, Pull what, long page) {
        GossipRequest.Builder request = GossipRequest.newBuilder()
                .setPull(what)
                .setOrderNumber(attachments.completeOrders())
                .setHead(ByteString.copyFrom(attachments.head()))
                .setShunned(attachments.shunned());
        if (what == Pull.ALL) {
            table.nameAll(request::addKnown);
        } else {
            table.nameRecent(request::addKnown);
        }
        if (exchanges == 0) {
            // nobody knows this peer: it introduces itself
            request.addAllItems(table.own().stream().map(News::item).toList()).setUrgent(true);
        }
        CompletableFuture<GossipReply> call = transport.call(partner, GOSSIP, request.build(), CALL_DEADLINE);
        call.whenComplete(scheduler.guarded((reply, failure) -> {
            if (failure != null || !isSane(partner, reply)) {
                if (page != 0) {
                    comparisons.failed(page);
                }
                if (failure != null) {
                    failed(partner, failure);
                }
                return;
            }
            exchanges++;
            lastProblem = null;
            answered(partner);
            accept(reply.getOrdersList());
            // whoever lacks these asks for them, too
            reply.getContradictionsList().forEach(attachments::accept);
            int taken = takeIn(
                    partner,
                    reply.getItemsList(),
                    what == Pull.ALL ? Spread.ofComparison(reply.getItemsCount()) : Spread.WHEN_ASKED);
            if (exchanges == 1) {
                // now it knows others, to whom it introduces itself too: whom everybody asks may be slow
                table.own().forEach(pushes::add);
            }
            // whoever lacks these, too, asks for them as this peer has done
            reply.getRecordsList().forEach(attachments::accept);
            if (!reply.getHead().isEmpty()) {
                attachments.hasHead(partner, reply.getHead().toByteArray());
            }
            List<NewsItem> wanted = table.find(reply.getWantedList(), Portions.MAX_ITEM_BYTES);
            if (!wanted.isEmpty()) {
                GossipRequest answer = GossipRequest.newBuilder()
                        .addAllItems(wanted)
                        .setOrderNumber(attachments.completeOrders())
                        .build();
                transport.call(partner, GOSSIP, answer, CALL_DEADLINE);
            }
            if (what == Pull.RECENT && !peers.isLiving(partner.address())) {
                // what its side said before this peer heard of it is recent nowhere
                pull(partner, Pull.ALL, 0);
            }
            if (page != 0 && comparisons.answered(page, taken, reply.getWantedCount(), reply.getMore(), table.size())) {
                // the next page from somebody else, so that those who are asked first do not bear it all
                exchange(partners.choose(1).stream().findFirst().orElse(partner), true);
            }
        }));
    }

    /** Whether an answer is of a size that peers send; whoever sends more is suspect, and nothing of it is read. */
    private boolean isSane(Endpoint partner, GossipReply reply) {
        try {
            requireSize(
                    reply.getItemsCount(),
                    reply.getWantedCount(),
                    reply.getRecordsCount(),
                    reply.getOrdersCount(),
                    reply.getContradictionsCount());
            return true;
        } catch (IllegalArgumentException e) {
            failed(partner, e);
            return false;
        }
    }

    private static void requireSize(int items, int names, int records, int orders, int contradictions) {
        if (items > MAX_ITEMS
                || names > MAX_NAMES
                || records > Portions.MAX_ATTACHED
                || orders > Portions.MAX_ATTACHED
                || contradictions > Portions.MAX_ATTACHED) {
            throw new IllegalArgumentException("Too much gossip at once");
        }
    }

    /** Takes in what a partner has answered, up to the first forgery. Returns how many statements were new. */
    private int takeIn(Endpoint partner, List<NewsItem> items, Spread spread) {
        try {
            return accept(items, spread);
        } catch (ForgeryException e) {
            failed(partner, e);
            return 0;
        }
    }

    private void askElsewhere(long page) {
        if (comparisons.isLate(page)) {
            partners.choose(1).forEach(partner -> exchange(partner, true));
        }
    }

    private void answered(Endpoint partner) {
        book.answered(partner);
        if (partner.peer() != null) {
            peers.heardFrom(partner.peer());
        }
    }

    private void failed(Endpoint partner, Throwable failure) {
        log.debug("No gossip with {}: {}", partner, failure.getMessage());
        if (partner.peer() != null) {
            peers.suspect(partner.peer());
        } else {
            lastProblem = failure.getMessage();
        }
    }

    // ---- answering ----

    /**
     * Answers another peer's gossip.
     *
     * @throws IllegalArgumentException if it is too much at once, or forged
     */
    public GossipReply answer(GossipRequest request) {
        requireSize(
                request.getItemsCount(),
                request.getKnownCount(),
                request.getRecordsCount(),
                request.getOrdersCount(),
                request.getContradictionsCount());
        accept(request.getOrdersList());
        accept(
                request.getItemsList(),
                request.getUrgent() ? Spread.AT_ONCE : Spread.ofComparison(request.getItemsCount()));
        for (EpochRecordMessage record : request.getRecordsList()) {
            if (attachments.accept(record)) {
                pushes.add(record);
            }
        }
        for (ContradictionMessage contradiction : request.getContradictionsList()) {
            if (attachments.accept(contradiction)) {
                pushes.add(contradiction);
            }
        }
        GossipReply.Builder reply = GossipReply.newBuilder();
        if (request.getPull() == Pull.RECENT || request.getPull() == Pull.ALL) {
            table.compare(request, reply, Portions.MAX_ITEM_BYTES);
            attachments
                    .recordsAfter(request.getHead().toByteArray(), Portions.MAX_ATTACHED, Portions.MAX_RECORD_BYTES)
                    .ifPresentOrElse(
                            // records are large: whoever is ahead must not be sent them for nothing
                            reply::addAllRecords, () -> reply.setHead(ByteString.copyFrom(attachments.head())));
            if (request.getShunned() != attachments.shunned()) {
                reply.addAllContradictions(
                        Portions.take(new ArrayList<>(attachments.contradictions()), Portions.MAX_ORDER_BYTES));
            }
        }
        return reply.mergeFrom(ordersFor(request)).build();
    }

    /** Answers with the orders that the other peer lacks, and with nothing else. */
    public GossipReply ordersFor(GossipRequest request) {
        List<OrderMessage> orders = new ArrayList<>(attachments.ordersAfter(request.getOrderNumber()));
        return GossipReply.newBuilder()
                .addAllOrders(Portions.take(orders, Portions.MAX_ORDER_BYTES))
                .build();
    }

    private void accept(List<OrderMessage> orders) {
        for (OrderMessage order : orders) {
            if (attachments.accept(order)) {
                pushes.add(order);
            }
        }
    }

    /**
     * Takes statements in. Returns how many were new.
     *
     * @throws ForgeryException at the first that its author has not made; those before it have been taken in
     */
    private int accept(List<NewsItem> items, Spread spread) {
        int taken = 0;
        for (NewsItem item : items) {
            Optional<News> accepted = table.accept(item, spread != Spread.IN_COMPARISONS);
            if (accepted.isEmpty()) {
                continue;
            }
            taken++;
            News news = accepted.get();
            if (spread == Spread.AT_ONCE && table.mayBeUrgent(news)) {
                pushes.add(news);
            }
            if (news.body().getKindCase() == NewsBody.KindCase.PROGRESS) {
                peers.find(news.author().id()).ifPresent(listener::progressed);
            }
        }
        return taken;
    }
}
