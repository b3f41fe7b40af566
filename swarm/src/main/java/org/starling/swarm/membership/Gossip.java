package org.starling.swarm.membership;

import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.GossipReply;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.OrderMessage;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Spreads news: what is fresh is pushed to a few random partners at once, and every heartbeat one random partner is asked
 * for whatever is missing, in both directions. Epoch records and orders travel along. Confined to the protocol thread.
 */
public final class Gossip {
    private static final Logger log = LoggerFactory.getLogger(Gossip.class);
    private static final int MAX_ITEMS = 512;
    private static final int MAX_DIGESTS = 20_000;
    private static final int MAX_ATTACHED = 64;
    private static final Duration CALL_DEADLINE = Duration.ofSeconds(10);
    private static final Duration PUSH_DELAY = Duration.ofMillis(50);
    private static final Duration PEER_RECORD_LIFETIME = Duration.ofMinutes(10);
    private static final MethodDescriptor<GossipRequest, GossipReply> GOSSIP = SwarmGrpc.getGossipMethod();

    /** Epoch records and orders, which have an acceptance and a history of their own. */
    public interface Attachments {
        /** Takes in a record. Whether it has become final, so that it should be passed on. */
        boolean accept(EpochRecordMessage message);

        /** Takes in an order. Whether it was news and should be passed on. */
        boolean accept(OrderMessage message);

        long newestOrder();

        byte[] head();

        List<OrderMessage> ordersAfter(long number);

        /** Records that a peer with this head lacks, oldest first. */
        List<EpochRecordMessage> recordsAfter(byte[] head, int limit);
    }

    /** What the rest of the peer wants to hear of. */
    public interface Listener {
        void progressed(PeerView peer);
    }

    private final NewsTable table;
    private final MembershipSettings settings;
    private final Scheduler scheduler;
    private final Transport transport;
    private final List<Endpoint> entryPoints;
    private final Attachments attachments;
    private final Listener listener;
    private final Map<Object, NewsItem> freshItems = new LinkedHashMap<>();
    private final Map<Object, EpochRecordMessage> freshRecords = new LinkedHashMap<>();
    private final List<OrderMessage> freshOrders = new ArrayList<>();
    private boolean pushScheduled;
    private long exchanges;
    private PeerRecord self = PeerRecord.getDefaultInstance();
    private long selfPublishedAt;
    private @Nullable String lastProblem;

    /** @param entryPoints asked while few others are known; one's own address may be among them */
    public Gossip(
            PeerIdentity identity,
            TokenVerifier verifier,
            MembershipSettings settings,
            List<Endpoint> entryPoints,
            Scheduler scheduler,
            Transport transport,
            Attachments attachments,
            Listener listener) {
        this.table = new NewsTable(identity, verifier, scheduler);
        this.settings = settings;
        this.entryPoints = List.copyOf(entryPoints);
        this.scheduler = scheduler;
        this.transport = transport;
        this.attachments = attachments;
        this.listener = listener;
    }

    public PeerDirectory directory() {
        return table;
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
        self = record;
        selfPublishedAt = scheduler.nanoTime();
        announce(table.publish(NewsBody.newBuilder().setPeer(record), PEER_RECORD_LIFETIME));
    }

    /** Says how far this peer is; also its sign of life. */
    public void publish(Progress progress) {
        if (Duration.ofNanos(scheduler.nanoTime() - selfPublishedAt).compareTo(PEER_RECORD_LIFETIME.dividedBy(2)) > 0) {
            publish(self);
        }
        announce(table.publish(NewsBody.newBuilder().setProgress(progress), settings.lifetime()));
    }

    /** Passes a record on at once. */
    public void announce(EpochRecordMessage record) {
        freshRecords.put(record.getBody(), record);
        schedulePush();
    }

    /** Passes an order on at once. */
    public void announce(OrderMessage order) {
        freshOrders.add(order);
        schedulePush();
    }

    private void announce(News news) {
        freshItems.put(news.key(), news.item());
        schedulePush();
    }

    private void schedulePush() {
        if (!pushScheduled) {
            pushScheduled = true;
            scheduler.schedule(PUSH_DELAY, this::push);
        }
    }

    private void push() {
        pushScheduled = false;
        GossipRequest request = GossipRequest.newBuilder()
                .addAllItems(freshItems.values())
                .addAllRecords(freshRecords.values())
                .addAllOrders(freshOrders)
                .setOrderNumber(attachments.newestOrder())
                .build();
        freshItems.clear();
        freshRecords.clear();
        freshOrders.clear();
        for (Endpoint partner : partners(settings.fanout())) {
            transport.call(partner, GOSSIP, request, CALL_DEADLINE).whenComplete((reply, failure) -> {
                if (failure != null) {
                    failed(partner, failure);
                }
            });
        }
    }

    /** Anti-entropy with one random partner; call it once a heartbeat. */
    public void exchange() {
        table.expire();
        List<Endpoint> partners = partners(1);
        if (table.alive().size() < settings.fanout() && !entryPoints.isEmpty()) {
            partners = new ArrayList<>(partners);
            partners.add(entryPoints.get(scheduler.random().nextInt(entryPoints.size())));
        }
        for (Endpoint partner : partners) {
            transport.call(partner, GOSSIP, summary(), CALL_DEADLINE).whenComplete((reply, failure) -> {
                if (failure != null) {
                    failed(partner, failure);
                    return;
                }
                exchanges++;
                lastProblem = null;
                accept(reply.getItemsList(), reply.getOrdersList());
                // whoever lacks these, too, asks for them as this peer has done
                reply.getRecordsList().forEach(attachments::accept);
                List<NewsItem> wanted = table.find(reply.getWantedList(), MAX_ITEMS);
                if (!wanted.isEmpty()) {
                    transport.call(
                            partner,
                            GOSSIP,
                            GossipRequest.newBuilder().addAllItems(wanted).build(),
                            CALL_DEADLINE);
                }
            });
        }
    }

    private GossipRequest summary() {
        return GossipRequest.newBuilder()
                .setPull(true)
                .addAllDigests(table.digests())
                .setOrderNumber(attachments.newestOrder())
                .setHead(com.google.protobuf.ByteString.copyFrom(attachments.head()))
                .build();
    }

    private void failed(Endpoint partner, Throwable failure) {
        log.debug("No gossip with {}: {}", partner, failure.getMessage());
        if (partner.peer() != null) {
            table.suspect(partner.peer());
        } else {
            lastProblem = failure.getMessage();
        }
    }

    private List<Endpoint> partners(int count) {
        List<Endpoint> reachable = new ArrayList<>();
        for (PeerView peer : table.alive()) {
            peer.endpoint().ifPresent(reachable::add);
        }
        Collections.shuffle(reachable, new java.util.Random(scheduler.random().nextLong()));
        return reachable.subList(0, Math.min(count, reachable.size()));
    }

    /** Answers another peer's gossip. */
    public GossipReply answer(GossipRequest request) {
        if (request.getItemsCount() > MAX_ITEMS
                || request.getDigestsCount() > MAX_DIGESTS
                || request.getRecordsCount() > MAX_ATTACHED
                || request.getOrdersCount() > MAX_ATTACHED) {
            throw new IllegalArgumentException("Too much gossip at once");
        }
        accept(request.getItemsList(), request.getOrdersList());
        for (EpochRecordMessage record : request.getRecordsList()) {
            if (attachments.accept(record)) {
                announce(record);
            }
        }
        GossipReply.Builder reply = GossipReply.newBuilder();
        if (request.getPull()) {
            reply.addAllItems(table.newerThan(request.getDigestsList(), MAX_ITEMS))
                    .addAllWanted(table.wanted(request.getDigestsList()))
                    .addAllRecords(attachments.recordsAfter(request.getHead().toByteArray(), MAX_ATTACHED));
        }
        List<OrderMessage> orders = attachments.ordersAfter(request.getOrderNumber());
        return reply.addAllOrders(orders.subList(0, Math.min(MAX_ATTACHED, orders.size())))
                .build();
    }

    private void accept(List<NewsItem> items, List<OrderMessage> orders) {
        for (OrderMessage order : orders) {
            if (attachments.accept(order)) {
                announce(order);
            }
        }
        for (NewsItem item : items) {
            table.accept(item).ifPresent(news -> {
                announce(news);
                if (news.body().getKindCase() == NewsBody.KindCase.PROGRESS) {
                    table.find(news.author()).ifPresent(listener::progressed);
                }
            });
        }
    }
}
