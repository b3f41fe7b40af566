package org.starling.swarm.virtual;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
public final class VirtualNetwork {
    /** A host takes no more calls at once than this; the queues of a real one are as bounded. */
    public static final int MAX_PENDING = 4096;

    private final VirtualTime time;
    private final RandomGenerator random;
    private final Links links;
    private final Observer observer;
    private final Map<String, Host> hosts = new HashMap<>();
    private final Map<String, Long> delays = new HashMap<>();
    private final Set<String> cuts = new HashSet<>();
    private long healedNanos;
    private final Map<MethodDescriptor<?, ?>, String> purposes = new IdentityHashMap<>();
    private double loss;
    private double reset;
    private @Nullable Interference interference;

    /**
     * A call without an answer.
     *
     * @param whose whether the life of which this is told has made it
     * @param age since it was made, or has arrived
     */
    public record Unanswered(String method, String whose, Duration age) {
        @Override
        public String toString() {
            return whose + " call of " + method;
        }
    }

    /** Told of what happens on the network. */
    public interface Observer {
        default void called(Host from, @Nullable String to, MethodDescriptor<?, ?> method, Message request) {}

        default void answered(
                Host from,
                Host to,
                MethodDescriptor<?, ?> method,
                @Nullable Message reply,
                @Nullable Throwable failure) {}

        /** @param to null where the bytes do not arrive anywhere */
        default void carried(Host from, @Nullable Host to, String purpose, long bytes) {}
    }

    public VirtualNetwork(VirtualTime time, RandomGenerator random, Links links, Observer observer) {
        this.time = time;
        this.random = random;
        this.links = links;
        this.observer = observer;
        calm();
    }

    /** From now on nothing is lost, broken or cut. */
    public void calm() {
        setLoss(links.loss(), links.reset());
        heal();
    }

    /** Ends all cuts. */
    public void heal() {
        if (!cuts.isEmpty()) {
            cuts.clear();
            healedNanos = time.nowNanos();
        }
    }

    /** @param injected meddles with all that is on its way from now on; null for nobody */
    public void inject(@Nullable Interference injected) {
        interference = injected;
    }

    /** Changes the probabilities with which calls are lost and broken. */
    public void setLoss(double newLoss, double newReset) {
        loss = newLoss;
        reset = newReset;
    }

    /** Whether everybody can reach everybody who can be reached at all, as well as ever. */
    public boolean isWhole() {
        return cuts.isEmpty() && loss == links.loss() && reset == links.reset();
    }

    /** Calls and answers from one region to another are lost from now on. */
    public void cut(String from, String to) {
        cuts.add(from + '>' + to);
    }

    private boolean isCut(Host from, Host to) {
        return !cuts.isEmpty() && cuts.contains(from.region + '>' + to.region);
    }

    /** Ends one cut. */
    public void heal(String from, String to) {
        if (cuts.remove(from + '>' + to)) {
            healedNanos = time.nowNanos();
        }
    }

    /** When a cut has last ended; the beginning, if none has. */
    public Instant healed() {
        return VirtualTime.START.plusNanos(healedNanos);
    }

    /** One life of a peer on the network. */
    public final class Host {
        public final int index;
        public final String name;
        private final int life;
        private final String region;
        private final double upload;
        private final double download;
        private final VirtualScheduler scheduler;
        private final Credentials credentials;
        /** Lives that this one has called, by the index of their peer. */
        private final Map<Integer, Integer> connections = new HashMap<>();

        private final Set<Call> made = new LinkedHashSet<>();
        private final Set<Call> pending = new LinkedHashSet<>();
        private @Nullable RequestHandler handler;
        private boolean vanished;
        private int limit = MAX_PENDING;
        private long uploadFreeAt;
        private long downloadFreeAt;

        /** @param life tells this life from others of the same peer and of other peers */
        public Host(
                int index,
                String name,
                int life,
                String region,
                double upload,
                double download,
                VirtualScheduler scheduler,
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
        public void listen(String address, RequestHandler answers) {
            handler = answers;
            if (!address.isEmpty()) {
                hosts.put(address, this);
            }
        }

        /** Calls with another token from now on. */
        public void renew(AccessToken token) {
            credentials.renew(token);
        }

        /** Refuses calls from now on, as a real server does, while so many wait for an answer. */
        public void limit(int calls) {
            limit = calls;
        }

        /** Calls that others have made and that were not answered yet. */
        public int pending() {
            return pending.size();
        }

        /** The calls that this life has made or is to answer, and of which it waits for the answer or gives none yet. */
        public List<Unanswered> unanswered() {
            List<Unanswered> calls = new ArrayList<>();
            made.forEach(call -> calls.add(call.unanswered(call.madeNanos, "its own")));
            pending.forEach(call -> calls.add(call.unanswered(call.handledNanos, "somebody's")));
            return calls;
        }

        /**
         * Ends this life.
         *
         * @param silently whether nobody is told, as when the power fails
         */
        public void stop(boolean silently) {
            scheduler.stop();
            if (!silently) {
                for (Call call : List.copyOf(pending)) {
                    call.failLater("connection reset");
                }
            }
            pending.clear();
            made.clear();
            vanished = silently;
        }

        /** For the calls of this life. */
        public Transport transport() {
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
        private final long madeNanos = time.nowNanos();
        private long handledNanos;

        Call(Host from, Endpoint to, MethodDescriptor<?, ?> method, Message request) {
            this.from = from;
            this.to = to;
            this.method = method;
            this.purpose = purposes.computeIfAbsent(method, Traffic::purpose);
            this.request = interference == null ? request : interference.onDeparture(from.name, request);
        }

        @SuppressWarnings("unchecked")
        <R extends Message> CompletableFuture<R> start(Duration deadline) {
            Scheduler.Cancellable timeout = from.scheduler.schedule(
                    deadline, () -> result.completeExceptionally(new UnreachableException(to + ": no answer", null)));
            from.made.add(this);
            result.whenComplete((reply, failure) -> {
                timeout.cancel();
                from.made.remove(this);
            });
            Host host = hosts.get(to.address());
            observer.called(from, host == null ? null : host.name, method, request);
            long wire = leave(from, host, request.getSerializedSize() + Traffic.OVERHEAD_BYTES, purpose);
            if (random.nextDouble() < loss) {
                return (CompletableFuture<R>) result;
            }
            int copies = random.nextDouble() < links.duplicate() ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                long arrival = wire + travel(from, host) + connect(from, host) + lateness(from, host, request);
                time.at(arrival, host == null ? from.index : host.index, () -> arrive(host));
            }
            return (CompletableFuture<R>) result;
        }

        private Unanswered unanswered(long sinceNanos, String whose) {
            return new Unanswered(
                    String.valueOf(method.getBareMethodName()), whose, Duration.ofNanos(time.nowNanos() - sinceNanos));
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
            if (random.nextDouble() < reset || resets(from, host, request)) {
                failLater("connection reset");
                return;
            }
            Message arrived =
                    interference == null ? request : interference.onRequest(from.name, host.name, method, request);
            if (arrived == null) {
                return;
            }
            int bytes = request.getSerializedSize() + Traffic.OVERHEAD_BYTES;
            long begin = Math.max(time.nowNanos(), host.downloadFreeAt);
            host.downloadFreeAt = begin + (long) (bytes / host.download * 1e9);
            time.at(host.downloadFreeAt - time.nowNanos(), host.index, () -> handle(host, arrived));
        }

        private void handle(Host host, Message arrived) {
            RequestHandler handler = host.handler;
            if (host.scheduler.isStopped() || handler == null) {
                return;
            }
            CompletableFuture<? extends Message> answer;
            handledNanos = time.nowNanos();
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
                if (host.pending.size() > host.limit) {
                    throw new RefusalException(RefusalException.Reason.BUSY, "Too many calls at once");
                }
                answer = handler.handle(
                        new Caller(
                                from.credentials.token(),
                                from.credentials.identity().publicKey()),
                        method,
                        arrived);
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
                    giveBack(host, arrived, reply, failure);
                }
            });
        }

        private void giveBack(Host host, Message arrived, @Nullable Message honest, @Nullable Throwable failure) {
            Message reply = honest == null || interference == null
                    ? honest
                    : interference.onReply(from.name, host.name, arrived, honest);
            if (reply == null && failure == null) {
                return;
            }
            observer.answered(from, host, method, reply, failure);
            int bytes = (reply == null ? 0 : reply.getSerializedSize()) + Traffic.OVERHEAD_BYTES;
            long wire = leave(host, from, bytes, purpose);
            if (random.nextDouble() < loss || isCut(host, from)) {
                return;
            }
            long arrival = wire + travel(host, from) + lateness(host, from, reply);
            time.at(arrival, from.index, () -> {
                if (resets(host, from, reply)) {
                    failLater("connection reset");
                    return;
                }
                long begin = Math.max(time.nowNanos(), from.downloadFreeAt);
                from.downloadFreeAt = begin + (long) (bytes / from.download * 1e9);
                from.scheduler.after(from.downloadFreeAt - time.nowNanos(), () -> finish(reply, failure));
            });
        }

        private void finish(@Nullable Message reply, @Nullable Throwable failure) {
            if (reply != null && interference != null) {
                interference.onReceipt(from.name, reply);
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
        long begin = Math.max(time.nowNanos(), from.uploadFreeAt);
        from.uploadFreeAt = begin + (long) (bytes / from.upload * 1e9);
        return from.uploadFreeAt - time.nowNanos();
    }

    private long travel(Host from, @Nullable Host to) {
        long delay = delay(from.region, to == null ? from.region : to.region);
        return delay + (long) (delay * links.jitter() * random.nextDouble());
    }

    private long lateness(Host from, @Nullable Host to, @Nullable Message message) {
        return interference == null || to == null || message == null
                ? 0
                : interference.lateness(from.name, to.name, message).toNanos();
    }

    private boolean resets(Host from, Host to, @Nullable Message message) {
        return interference != null && message != null && interference.resets(from.name, to.name, message);
    }

    private long delay(String from, String to) {
        if (links.delays().isEmpty()) {
            return links.delay().toNanos();
        }
        return delays.computeIfAbsent(from + '-' + to, pair -> {
            Duration named = links.delays().getOrDefault(pair, links.delays().get(to + '-' + from));
            return (named == null ? links.delay() : named).toNanos();
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
