package org.starling.metrics.web;

import java.io.IOException;
import java.util.Comparator;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.starling.metrics.MetricsProperties;
import org.starling.metrics.store.EpochKey;
import org.starling.metrics.web.Views.Update;

/**
 * Browsers that watch live. A slow one is not waited for: what it has missed is gathered and sent when it is ready. Safe for
 * use by several threads.
 */
@Component
final class LiveStreams {
    private static final int SENDERS = 2;
    private static final Comparator<EpochKey> NEWEST_LAST =
            Comparator.comparingLong(EpochKey::generation).thenComparingLong(EpochKey::epoch);

    private final MetricsProperties properties;
    private final Dashboard dashboard;
    private final ExecutorService senders = Executors.newFixedThreadPool(SENDERS, task -> {
        Thread thread = new Thread(task, "live-stream");
        thread.setDaemon(true);
        return thread;
    });
    private final Set<Client> clients = ConcurrentHashMap.newKeySet();

    LiveStreams(MetricsProperties properties, Dashboard dashboard) {
        this.properties = properties;
        this.dashboard = dashboard;
    }

    private static final class Client {
        final SseEmitter emitter = new SseEmitter(0L);
        final AtomicBoolean busy = new AtomicBoolean();
        private NavigableSet<EpochKey> pending = new TreeSet<>(NEWEST_LAST);
        volatile long sentAtNanos = System.nanoTime();
        volatile @Nullable Update sent;

        synchronized void owe(Set<EpochKey> epochs) {
            pending.addAll(epochs);
            while (pending.size() > Dashboard.MAX_EPOCHS) {
                pending.pollFirst();
            }
        }

        synchronized Set<EpochKey> takePending() {
            Set<EpochKey> taken = pending;
            pending = new TreeSet<>(NEWEST_LAST);
            return taken;
        }
    }

    /** A new stream; empty if there are as many as there may be. Its first event comes at once. */
    Optional<SseEmitter> open() {
        Client client = new Client();
        synchronized (clients) {
            if (clients.size() >= properties.streams()) {
                return Optional.empty();
            }
            clients.add(client);
        }
        client.emitter.onCompletion(() -> clients.remove(client));
        client.emitter.onError(failure -> clients.remove(client));
        client.emitter.onTimeout(() -> clients.remove(client));
        send(client, dashboard.now());
        return Optional.of(client.emitter);
    }

    void changed(Set<EpochKey> epochs) {
        clients.forEach(client -> client.owe(epochs));
    }

    /** Sends everybody the news, or now and then a sign of life where there is none. Called in regular intervals. */
    void tick() {
        if (!clients.isEmpty()) {
            Update now = dashboard.now();
            clients.forEach(client -> send(client, now));
        }
    }

    /** Ends all streams. */
    void close() {
        senders.shutdownNow();
        clients.forEach(client -> client.emitter.complete());
        clients.clear();
    }

    private void send(Client client, Update now) {
        if (!client.busy.compareAndSet(false, true)) {
            return;
        }
        senders.execute(() -> {
            try {
                Set<EpochKey> epochs = client.takePending();
                if (!epochs.isEmpty() || !now.equals(client.sent)) {
                    Update update = epochs.isEmpty() ? now : now.with(dashboard.curve(epochs));
                    client.emitter.send(SseEmitter.event().name("update").data(update, MediaType.APPLICATION_JSON));
                    client.sent = now;
                    client.sentAtNanos = System.nanoTime();
                } else if (System.nanoTime() - client.sentAtNanos
                        >= properties.heartbeat().toNanos()) {
                    client.emitter.send(SseEmitter.event().comment("still here"));
                    client.sentAtNanos = System.nanoTime();
                }
            } catch (IOException | RuntimeException e) {
                clients.remove(client);
                client.emitter.completeWithError(e);
            } finally {
                client.busy.set(false);
            }
        });
    }
}
