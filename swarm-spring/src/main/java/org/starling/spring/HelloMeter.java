package org.starling.spring;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * How close a connection's greeting comes to its deadline, the connection itself included: the transport's own, of which the node does not
 * know. What fails at once says nothing and is not measured. Callable from any thread.
 */
final class HelloMeter implements ClientInterceptor, MeterBinder {
    private volatile @Nullable DistributionSummary used;

    @Override
    public void bindTo(MeterRegistry registry) {
        used = SwarmMeters.summary(registry, "hello");
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        ClientCall<Q, R> call = next.newCall(method, options);
        Deadline deadline = options.getDeadline();
        boolean hello =
                method.getFullMethodName().equals(SwarmGrpc.getHelloMethod().getFullMethodName());
        return hello && deadline != null ? timed(call, deadline) : call;
    }

    private <Q, R> ClientCall<Q, R> timed(ClientCall<Q, R> call, Deadline deadline) {
        return new SimpleForwardingClientCall<>(call) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
                double allowed = deadline.timeRemaining(TimeUnit.NANOSECONDS);
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                record(status, 1 - deadline.timeRemaining(TimeUnit.NANOSECONDS) / allowed);
                                super.onClose(status, trailers);
                            }
                        },
                        headers);
            }
        };
    }

    private void record(Status status, double share) {
        DistributionSummary summary = used;
        if (summary != null && (status.isOk() || status.getCode() == Status.Code.DEADLINE_EXCEEDED)) {
            summary.record(share);
        }
    }
}
