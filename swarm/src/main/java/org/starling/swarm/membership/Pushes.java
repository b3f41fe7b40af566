package org.starling.swarm.membership;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.proto.ContradictionMessage;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.OrderMessage;

/**
 * What others are to hear at once. It waits for a moment, so that what belongs together goes in one message, and of one author's
 * words on one subject only the last. Confined to the protocol thread.
 */
final class Pushes {
    private static final Duration DELAY = Duration.ofMillis(50);
    /** What waits at most. Of what is more the others hear when they ask. */
    private static final int MAX_ITEMS = 4096;

    private static final int MAX_RECORDS = 64;
    private static final int MAX_OTHERS = 1024;

    private final Scheduler scheduler;
    private final Consumer<GossipRequest.Builder> sender;
    private final Map<Object, NewsItem> items = new LinkedHashMap<>();
    private final Map<Object, EpochRecordMessage> records = new LinkedHashMap<>();
    private final List<OrderMessage> orders = new ArrayList<>();
    private final List<ContradictionMessage> contradictions = new ArrayList<>();
    private boolean scheduled;

    /** @param sender sends a message to some others */
    Pushes(Scheduler scheduler, Consumer<GossipRequest.Builder> sender) {
        this.scheduler = scheduler;
        this.sender = sender;
    }

    void add(News news) {
        put(items, News.subject(news.name()), news.item(), MAX_ITEMS);
    }

    void add(EpochRecordMessage record) {
        put(records, record.getBody(), record, MAX_RECORDS);
    }

    void add(OrderMessage order) {
        add(orders, order);
    }

    void add(ContradictionMessage contradiction) {
        add(contradictions, contradiction);
    }

    private <M> void put(Map<Object, M> waiting, Object subject, M message, int limit) {
        if (waiting.size() < limit || waiting.containsKey(subject)) {
            waiting.put(subject, message);
            schedule();
        }
    }

    private <M> void add(List<M> waiting, M message) {
        if (waiting.size() < MAX_OTHERS) {
            waiting.add(message);
            schedule();
        }
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            scheduler.schedule(DELAY, this::push);
        }
    }

    private void push() {
        scheduled = false;
        GossipRequest.Builder message = GossipRequest.newBuilder()
                .addAllItems(Portions.take(items.values(), Portions.MAX_ITEM_BYTES))
                .addAllRecords(Portions.take(records.values(), Portions.MAX_RECORD_BYTES))
                .addAllOrders(Portions.take(orders, Portions.MAX_ORDER_BYTES))
                .addAllContradictions(Portions.take(contradictions, Portions.MAX_ORDER_BYTES))
                .setUrgent(true);
        if (Stream.of(items.values(), records.values(), orders, contradictions)
                .anyMatch(waiting -> !waiting.isEmpty())) {
            schedule();
        }
        sender.accept(message);
    }
}
