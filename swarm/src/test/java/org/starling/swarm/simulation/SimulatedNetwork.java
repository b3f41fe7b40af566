package org.starling.swarm.simulation;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.simulation.Scenario.Network;
import org.starling.swarm.wire.Caller;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RequestHandler;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.UnreachableException;

/**
 * Links between peers: each has an upload and a download of its own, and a delay to the other. Calls can be lost, broken,
 * doubled and overtaken, regions cut off from each other, hosts gone. Connections cost two more round trips and the bytes
 * of a TLS handshake and a hello when they are first used.
 */
final class SimulatedNetwork {
    /** A host takes no more calls at once than this; the queues of a real one are as bounded. */
    static final int MAX_PENDING = 4096;

    private final EventQueue events;
    private final RandomGenerator random;
    private final Network settings;
    private final Observer observer;
    private final Map<String, Host> hosts = new HashMap<>();
    private final Map<String, Long> delays = new HashMap<>();
    private final Set<String> cuts = new HashSet<>();
    private long healedNanos;
    private final Map<MethodDescriptor<?, ?>, String> purposes = new IdentityHashMap<>();
    private double loss;
    private double reset;

    /** Told of what happens on the network. */
    interface Observer {
        void called(Host from, @Nullable String to, MethodDescriptor<?, ?> method, Message request);

        void answered(
                Host from,
                Host to,
                MethodDescriptor<?, ?> method,
                @Nullable Message reply,
                @Nullable Throwable failure);

        /** @param to null where the bytes do not arrive anywhere */
        void carried(Host from, @Nullable Host to, String purpose, long bytes);
    }

    SimulatedNetwork(EventQueue events, RandomGenerator random, Network settings, Observer observer) {
        this.events = events;
        this.random = random;
        this.settings = settings;
        this.observer = observer;
        calm();
    }

    /** From now on nothing is lost, broken or cut. */
    void calm() {
        setLoss(settings.loss(), settings.reset());
        if (!cuts.isEmpty()) {
            cuts.clear();
            healedNanos = events.nowNanos();
        }
    }

    void setLoss(double newLoss, double newReset) {
        loss = newLoss;
        reset = newReset;
    }

    /** Whether everybody can reach everybody who can be reached at all, as well as ever. */
    boolean isWhole() {
        return cuts.isEmpty() && loss == settings.loss() && reset == settings.reset();
    }

    void cut(String from, String to) {
        cuts.add(from + '>' + to);
    }

    private boolean isCut(Host from, Host to) {
        return !cuts.isEmpty() && cuts.contains(from.region + '>' + to.region);
    }

    void heal(String from, String to) {
        if (cuts.remove(from + '>' + to)) {
            healedNanos = events.nowNanos();
        }
    }

    /** When a cut has last ended; the beginning, if none has. */
    Instant healed() {
        return EventQueue.START.plusNanos(healedNanos);
    }

    /** One life of a peer on the network. */
    final class Host {
        final int index;
        final String name;
        private final int life;
        private final String region;
        private final double upload;
        private final double download;
        private final SimulatedScheduler scheduler;
        private final Credentials credentials;
        /** Lives that this one has called, by the index of their peer. */
        private final Map<Integer, Integer> connections = new HashMap<>();

        private final Set<Call> pending = new LinkedHashSet<>();
        private @Nullable RequestHandler handler;
        private @Nullable Liar liar;
        private long uploadFreeAt;
        private long downloadFreeAt;

        /** @param life tells this life from others of the same peer and of other peers */
        Host(
                int index,
                String name,
                int life,
                String region,
                double upload,
                double download,
                SimulatedScheduler scheduler,
                Credentials credentials) {
            this.index = index;
            this.name = name;
            this.life = life;
            this.region = region;
            this.upload = upload;
            this.download = download;
            this.scheduler = scheduler;
            this.credentials = credentials;
        }

        /** Accepts calls from now on, unless the peer can only dial out: then it has no address. */
        void listen(String address, RequestHandler answers, @Nullable Liar lies) {
            handler = answers;
            liar = lies;
            if (!address.isEmpty()) {
                hosts.put(address, this);
            }
        }

        void renew(AccessToken token) {
            credentials.renew(token);
        }

        /** Calls that others have made and that were not answered yet. */
        int pending() {
            return pending.size();
        }

        /**
         * Ends this life.
         *
         * @param silently whether nobody is told, as when the power fails
         */
        void stop(boolean silently) {
            scheduler.stop();
            if (!silently) {
                for (Call call : List.copyOf(pending)) {
                    call.failLater("connection reset");
                }
            }
            pending.clear();
            vanished = silently;
        }

        private boolean vanished;

        Transport transport() {
            return new Transport() {
                @Override
                public <Q extends Message, R extends Message> CompletableFuture<R> call(
                        Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
                    return new Call(Host.this, to, method, request).<R>start(deadline);
                }
            };
        }
    }

    /** One call on its way there and back. */
    private final class Call {
        private final Host from;
        private final Endpoint to;
        private final MethodDescriptor<?, ?> method;
        private final String purpose;
        private final Message request;
        private final CompletableFuture<Message> result = new CompletableFuture<>();

        Call(Host from, Endpoint to, MethodDescriptor<?, ?> method, Message request) {
            this.from = from;
            this.to = to;
            this.method = method;
            this.purpose = purposes.computeIfAbsent(method, Traffic::purpose);
            this.request = from.liar == null ? request : from.liar.request(request);
        }

        @SuppressWarnings("unchecked")
        <R extends Message> CompletableFuture<R> start(Duration deadline) {
            Scheduler.Cancellable timeout = from.scheduler.schedule(
                    deadline, () -> result.completeExceptionally(new UnreachableException(to + ": no answer", null)));
            result.whenComplete((reply, failure) -> timeout.cancel());
            Host host = hosts.get(to.address());
            observer.called(from, host == null ? null : host.name, method, request);
            long wire = leave(from, host, request.getSerializedSize() + Traffic.OVERHEAD_BYTES, purpose);
            if (random.nextDouble() < loss) {
                return (CompletableFuture<R>) result;
            }
            int copies = random.nextDouble() < settings.duplicate() ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                long arrival = wire + travel(from, host) + connect(from, host);
                events.at(arrival, host == null ? from.index : host.index, () -> arrive(host));
            }
            return (CompletableFuture<R>) result;
        }

        /** Fails after the time that a packet takes from the other side. */
        void failLater(String why) {
            from.scheduler.after(
                    travel(from, hosts.get(to.address())),
                    () -> result.completeExceptionally(new UnreachableException(to + ": " + why, null)));
        }

        private void arrive(@Nullable Host host) {
            if (host == null || isCut(from, host)) {
                if (host == null) {
                    failLater("connection refused");
                }
                return;
            }
            if (hosts.get(to.address()) != host || host.scheduler.isStopped()) {
                if (!host.vanished) {
                    failLater("connection refused");
                }
                return;
            }
            if (random.nextDouble() < reset) {
                failLater("connection reset");
                return;
            }
            int bytes = request.getSerializedSize() + Traffic.OVERHEAD_BYTES;
            long begin = Math.max(events.nowNanos(), host.downloadFreeAt);
            host.downloadFreeAt = begin + (long) (bytes / host.download * 1e9);
            events.at(host.downloadFreeAt - events.nowNanos(), host.index, () -> handle(host));
        }

        private void handle(Host host) {
            RequestHandler handler = host.handler;
            if (host.scheduler.isStopped() || handler == null) {
                return;
            }
            CompletableFuture<? extends Message> answer;
            host.pending.add(this);
            try {
                if (to.peer() != null
                        && !to.peer().equals(host.credentials.identity().id())) {
                    host.pending.remove(this);
                    failLater("another peer answers there");
                    return;
                }
                host.credentials
                        .verifier()
                        .authenticate(from.credentials.token().compact());
                from.credentials.verifier().verify(host.credentials.token().compact());
                if (host.pending.size() > MAX_PENDING) {
                    throw new RefusalException(RefusalException.Reason.BUSY, "Too many calls at once");
                }
                answer = handler.handle(
                        new Caller(
                                from.credentials.token(),
                                from.credentials.identity().publicKey()),
                        method,
                        request);
            } catch (CredentialException e) {
                answer = CompletableFuture.failedFuture(new RefusalException(
                        RefusalException.Reason.NOT_AUTHENTICATED, String.valueOf(e.getMessage())));
            } catch (RefusalException e) {
                answer = CompletableFuture.failedFuture(e);
            }
            answer.whenComplete((reply, failure) -> {
                host.pending.remove(this);
                if (failure != null && !(Futures.cause(failure) instanceof RefusalException)) {
                    // only a defect makes an answer fail otherwise
                    host.scheduler.execute(() -> {
                        throw new IllegalStateException(method.getBareMethodName() + " failed", failure);
                    });
                }
                if (!host.scheduler.isStopped()) {
                    giveBack(host, reply, failure);
                }
            });
        }

        private void giveBack(Host host, @Nullable Message honest, @Nullable Throwable failure) {
            Message reply = honest != null && host.liar != null ? host.liar.reply(request, honest) : honest;
            observer.answered(from, host, method, reply, failure);
            int bytes = (reply == null ? 0 : reply.getSerializedSize()) + Traffic.OVERHEAD_BYTES;
            long wire = leave(host, from, bytes, purpose);
            if (random.nextDouble() < loss || isCut(host, from)) {
                return;
            }
            events.at(wire + travel(host, from), from.index, () -> {
                long begin = Math.max(events.nowNanos(), from.downloadFreeAt);
                from.downloadFreeAt = begin + (long) (bytes / from.download * 1e9);
                from.scheduler.after(from.downloadFreeAt - events.nowNanos(), () -> finish(reply, failure));
            });
        }

        private void finish(@Nullable Message reply, @Nullable Throwable failure) {
            if (reply != null && from.liar != null) {
                from.liar.received(reply);
            }
            if (failure == null) {
                result.complete(reply);
            } else {
                result.completeExceptionally(Futures.cause(failure));
            }
        }
    }

    /** Nanoseconds until the bytes have left the sender. */
    private long leave(Host from, @Nullable Host to, long bytes, String purpose) {
        observer.carried(from, to, purpose, bytes);
        long begin = Math.max(events.nowNanos(), from.uploadFreeAt);
        from.uploadFreeAt = begin + (long) (bytes / from.upload * 1e9);
        return from.uploadFreeAt - events.nowNanos();
    }

    private long travel(Host from, @Nullable Host to) {
        long delay = delay(from.region, to == null ? from.region : to.region);
        return delay + (long) (delay * settings.jitter() * random.nextDouble());
    }

    private long delay(String from, String to) {
        if (settings.delays().isEmpty()) {
            return settings.delay().toNanos();
        }
        return delays.computeIfAbsent(from + '-' + to, pair -> {
            Duration named =
                    settings.delays().getOrDefault(pair, settings.delays().get(to + '-' + from));
            return (named == null ? settings.delay() : named).toNanos();
        });
    }

    /** Nanoseconds for setting up a connection, where there is none yet. */
    private long connect(Host from, @Nullable Host to) {
        if (to == null || Objects.equals(from.connections.get(to.index), to.life)) {
            return 0;
        }
        from.connections.put(to.index, to.life);
        observer.carried(from, to, Traffic.CONNECTIONS, Traffic.HANDSHAKE_BYTES / 2);
        observer.carried(to, from, Traffic.CONNECTIONS, Traffic.HANDSHAKE_BYTES / 2);
        return 4 * delay(from.region, to.region);
    }
}
