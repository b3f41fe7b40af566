package org.starling.swarm.testing;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.simulation.Traffic;
import org.starling.swarm.wire.Caller;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RequestHandler;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.UnreachableException;

/** Connects peers by address, with a delay, and can lose calls, cut links and let peers be gone. */
public final class VirtualNetwork {
    private final VirtualTime time;
    private final Map<String, Host> hosts = new HashMap<>();
    private final Set<String> cuts = new HashSet<>();
    private final Map<String, Long> traffic = new HashMap<>();
    private @Nullable Fault fault;

    private record Host(VirtualTime.PeerScheduler scheduler, RequestHandler handler) {}

    /** Looks at, and may change, delay or lose, what is on its way. */
    public interface Fault {
        /** What arrives; null if nothing does. */
        @Nullable Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request);

        /** What comes back to the caller; null if nothing does. */
        default @Nullable Message onReply(String caller, String answerer, Message request, Message reply) {
            return reply;
        }

        /** By how much the message comes later than others on its way from one peer to another. */
        default Duration lateness(String from, String to, Message message) {
            return Duration.ZERO;
        }

        /** Whether the connection breaks while a request or a reply is on it, so that the caller notices. */
        default boolean resets(String from, String to, Message message) {
            return false;
        }
    }

    public VirtualNetwork(VirtualTime time) {
        this.time = time;
    }

    public void listen(String address, VirtualTime.PeerScheduler scheduler, RequestHandler handler) {
        hosts.put(address, new Host(scheduler, handler));
    }

    /** Calls in this direction fail from now on. */
    public void cut(String from, String to) {
        cuts.add(from + ">" + to);
    }

    public void heal() {
        cuts.clear();
    }

    public void inject(@Nullable Fault injected) {
        fault = injected;
    }

    /** Bytes that a peer has sent and received since the beginning, with what HTTP/2 and TLS add to a call. */
    public long traffic(String address) {
        return traffic.getOrDefault(address, 0L);
    }

    private void count(String from, String to, Message message, int overhead) {
        long bytes = message.getSerializedSize() + overhead;
        traffic.merge(from, bytes, Long::sum);
        traffic.merge(to, bytes, Long::sum);
    }

    private Duration lateness(String from, String to, Message message) {
        return fault == null ? Duration.ZERO : fault.lateness(from, to, message);
    }

    private boolean resets(String from, String to, Message message) {
        return fault != null && fault.resets(from, to, message);
    }

    private static UnreachableException reset(Endpoint to) {
        return new UnreachableException(to + ": connection reset", null);
    }

    /** The transport of a peer. */
    public Transport transport(String from, Caller self, VirtualTime.PeerScheduler scheduler, Duration delay) {
        return new Transport() {
            @Override
            @SuppressWarnings("unchecked")
            public <Q extends Message, R extends Message> CompletableFuture<R> call(
                    Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
                CompletableFuture<R> result = new CompletableFuture<>();
                count(from, to.address(), request, Traffic.OVERHEAD_BYTES);
                scheduler.schedule(
                        deadline,
                        () -> result.completeExceptionally(new UnreachableException(to + ": deadline exceeded", null)));
                time.at(delay.plus(lateness(from, to.address(), request)), () -> {
                    Host host = hosts.get(to.address());
                    if (host == null || host.scheduler().isStopped() || cuts.contains(from + ">" + to.address())) {
                        scheduler.schedule(
                                delay,
                                () -> result.completeExceptionally(
                                        new UnreachableException(to + ": connection refused", null)));
                        return;
                    }
                    if (resets(from, to.address(), request)) {
                        scheduler.schedule(delay, () -> result.completeExceptionally(reset(to)));
                        return;
                    }
                    Message arrived = fault == null ? request : fault.onRequest(from, to.address(), method, request);
                    if (arrived == null) {
                        return;
                    }
                    host.scheduler()
                            .onReset(() -> scheduler.schedule(delay, () -> result.completeExceptionally(reset(to))));
                    host.handler().handle(self, method, arrived).whenComplete((reply, failure) -> {
                        if (host.scheduler().isStopped()) {
                            return;
                        }
                        Message honest = reply;
                        Message answer = fault == null || honest == null
                                ? honest
                                : fault.onReply(from, to.address(), arrived, honest);
                        if (failure == null && answer == null) {
                            return;
                        }
                        Duration late = answer == null ? Duration.ZERO : lateness(to.address(), from, answer);
                        scheduler.schedule(delay.plus(late), () -> {
                            if (answer != null && resets(to.address(), from, answer)) {
                                result.completeExceptionally(reset(to));
                            } else if (failure == null && answer != null) {
                                count(from, to.address(), answer, 0);
                                result.complete((R) answer);
                            } else {
                                result.completeExceptionally(Futures.cause(failure));
                            }
                        });
                    });
                });
                return result;
            }
        };
    }
}
