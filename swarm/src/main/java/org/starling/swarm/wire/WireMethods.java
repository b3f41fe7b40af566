package org.starling.swarm.wire;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.StateChunk;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * The methods of the swarm as they go over gRPC: the generated ones, but for messages that carry a tensor, which have a
 * {@link TensorMarshaller}. The bytes on the wire are the same.
 */
final class WireMethods {
    private static final Map<String, MethodDescriptor<?, ?>> METHODS = new LinkedHashMap<>();
    private static final ServiceDescriptor SERVICE;

    static {
        ServiceDescriptor.Builder service =
                ServiceDescriptor.newBuilder(SwarmGrpc.getServiceDescriptor().getName());
        for (MethodDescriptor<?, ?> generated : SwarmGrpc.getServiceDescriptor().getMethods()) {
            MethodDescriptor<?, ?> method = adapt(generated);
            METHODS.put(method.getFullMethodName(), method);
            service.addMethod(method);
        }
        SERVICE = service.build();
    }

    private WireMethods() {}

    private static <Q, R> MethodDescriptor<Q, R> adapt(MethodDescriptor<Q, R> method) {
        return method.toBuilder(adapt(method.getRequestMarshaller()), adapt(method.getResponseMarshaller()))
                .build();
    }

    @SuppressWarnings("unchecked")
    private static <M> MethodDescriptor.Marshaller<M> adapt(MethodDescriptor.Marshaller<M> marshaller) {
        Message prototype = (Message) ((MethodDescriptor.PrototypeMarshaller<M>) marshaller).getMessagePrototype();
        boolean tensor = prototype instanceof PartRequest
                || prototype instanceof PartReply
                || prototype instanceof MeanRequest
                || prototype instanceof StateChunk;
        return tensor ? (MethodDescriptor.Marshaller<M>) new TensorMarshaller<>(prototype) : marshaller;
    }

    /** Whether the requests or the replies of a method are mostly payload. */
    static boolean carriesTensor(MethodDescriptor<?, ?> method) {
        MethodDescriptor<?, ?> adapted = of(method);
        return adapted.getRequestMarshaller() instanceof TensorMarshaller
                || adapted.getResponseMarshaller() instanceof TensorMarshaller;
    }

    static ServiceDescriptor service() {
        return SERVICE;
    }

    /** @param method one of {@link SwarmGrpc} */
    @SuppressWarnings("unchecked")
    static <Q, R> MethodDescriptor<Q, R> of(MethodDescriptor<Q, R> method) {
        return (MethodDescriptor<Q, R>) Objects.requireNonNull(METHODS.get(method.getFullMethodName()));
    }
}
