package org.starling.spring;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.http.BoundedHttpClient;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.Role;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.InvalidOrderException;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Carries the authority's orders from the auth service into the swarm, which spreads them by itself. Auxiliary peers ask all
 * the time, so that an order arrives however few people look after the swarm. A trainer asks only while it is banned: nobody
 * else would tell it that the ban was lifted. Has a thread of its own.
 */
final class OrderWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OrderWatch.class);
    private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_REPLY_BYTES = 16 << 20;

    private final URI orders;
    private final SwarmMembership membership;
    private final Pace pace;
    private final BoundedHttpClient http = new BoundedHttpClient(MAX_REPLY_BYTES);
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread t = new Thread(task, "orders");
        t.setDaemon(true);
        return t;
    });

    // of the thread alone
    private final Map<Order.Subject, Order> newestAboutOneself = new HashMap<>();
    private long newest;
    private boolean scheduled;
    private int failures;

    /**
     * How often to ask.
     *
     * @param auxiliary of an auxiliary peer; the time that an order takes to the swarm's first peer is at most this
     * @param banned of a peer that is banned
     * @param longest when the auth service does not answer
     */
    record Pace(Duration auxiliary, Duration banned, Duration longest) {
        static Pace defaults() {
            return new Pace(Duration.ofSeconds(1), Duration.ofSeconds(15), Duration.ofMinutes(1));
        }
    }

    OrderWatch(StarlingProperties properties, SwarmMembership membership, Pace pace) {
        this.orders = URI.create(properties.auth().url() + "/api/v1/runs/" + properties.run() + "/orders");
        this.membership = membership;
        this.pace = pace;
        membership.orders().forEach(this::note);
    }

    /** @param node gets the orders, and is heard of those that come otherwise */
    void start(SwarmNode node) {
        node.addListener(new NodeListener() {
            @Override
            public void ordered(SignedOrder order) {
                run(() -> {
                    note(order);
                    schedule(node);
                });
            }
        });
        run(() -> schedule(node));
    }

    private void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException closed) {
            log.debug("An order came after the end");
        }
    }

    private void note(SignedOrder signed) {
        Order order = signed.order();
        newest = Math.max(newest, order.number());
        Order.Subject subject = order instanceof Order.Ban ban
                ? ban.subject()
                : order instanceof Order.Unban unban ? unban.subject() : null;
        AccessToken own = membership.token();
        if (subject != null
                && (subject.equals(new Order.Subject.Account(own.accountId()))
                        || subject.equals(new Order.Subject.Peer(own.peer())))) {
            newestAboutOneself.merge(subject, order, (known, other) -> other.number() > known.number() ? other : known);
        }
    }

    private boolean isBanned() {
        return newestAboutOneself.values().stream().anyMatch(Order.Ban.class::isInstance);
    }

    private void schedule(SwarmNode node) {
        boolean auxiliary = membership.roles().contains(Role.AUXILIARY);
        if (scheduled || !(auxiliary || isBanned())) {
            return;
        }
        Duration pause = auxiliary ? pace.auxiliary() : pace.banned();
        for (int i = 0; i < failures && pause.compareTo(pace.longest()) < 0; i++) {
            pause = pause.multipliedBy(2);
        }
        // Peers that were banned together do not come together.
        long millis =
                (long) (pause.toMillis() * (0.75 + ThreadLocalRandom.current().nextDouble() / 4));
        scheduled = true;
        try {
            thread.schedule(() -> ask(node), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            log.debug("No more questions after the end");
        }
    }

    private void ask(SwarmNode node) {
        scheduled = false;
        try {
            List<SignedOrder> arrived = fetch();
            if (failures > 0) {
                log.info("The auth service tells its orders again");
            }
            failures = 0;
            arrived.forEach(order -> {
                note(order);
                node.submit(order).exceptionally(failure -> {
                    log.warn("An order of the auth service was not taken: {}", failure.getMessage());
                    return null;
                });
            });
        } catch (IOException e) {
            if (failures++ == 0) {
                log.warn("The auth service does not tell its orders ({}); asking again", AuthClient.describe(e));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (RuntimeException e) {
            failures++;
            log.error("Asking for orders failed; this is a defect, please report it", e);
        }
        schedule(node);
    }

    /** Orders that are newer than those known, oldest first. */
    private List<SignedOrder> fetch() throws IOException, InterruptedException {
        HttpResponse<byte[]> response = http.send(HttpRequest.newBuilder(URI.create(orders + "?after=" + newest))
                .timeout(REPLY_TIMEOUT)
                .header("Accept", "application/json")
                .build());
        if (response.statusCode() != 200) {
            throw new IOException("status " + response.statusCode());
        }
        try {
            return read(Json.MAPPER.readTree(response.body()));
        } catch (JacksonException e) {
            throw new IOException("no JSON", e);
        }
    }

    private List<SignedOrder> read(JsonNode list) {
        List<SignedOrder> read = new ArrayList<>();
        for (JsonNode each : list) {
            if (each.path("number").asLong(0) > newest) {
                try {
                    read.add(SignedOrder.verify(
                            Base64.getDecoder().decode(each.path("order").asString("")),
                            membership.authority(),
                            membership.run().run()));
                } catch (InvalidOrderException | IllegalArgumentException e) {
                    // Signed by a key that this peer learns with its next token, perhaps: it is asked for again.
                    log.warn("The auth service tells an order that cannot be verified: {}", e.getMessage());
                    break;
                }
            }
        }
        return read;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
