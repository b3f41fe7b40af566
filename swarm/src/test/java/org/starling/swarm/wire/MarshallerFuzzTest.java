package org.starling.swarm.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * The marshallers of all messages, those of tensors among them, read what protobuf reads, and refuse what it refuses. {@code
 * JAZZER_FUZZ=1} looks for inputs.
 */
class MarshallerFuzzTest {
    /** In one order: the first byte of an input chooses the method, its highest bit the reply. */
    private static final List<MethodDescriptor<?, ?>> METHODS = SwarmGrpc.getServiceDescriptor().getMethods().stream()
            .<MethodDescriptor<?, ?>>map(method -> method)
            .sorted(Comparator.comparing(MethodDescriptor::getFullMethodName))
            .toList();

    /** As gRPC hands messages over whose length it knows. */
    private static final class Known extends ByteArrayInputStream implements KnownLength {
        Known(byte[] bytes) {
            super(bytes);
        }
    }

    @FuzzTest(maxDuration = "10m")
    void theyReadWhatProtobufReads(byte[] input) {
        if (input.length == 0) {
            return;
        }
        MethodDescriptor<?, ?> method = WireMethods.of(METHODS.get((input[0] & 0x7f) % METHODS.size()));
        MethodDescriptor.Marshaller<?> marshaller =
                input[0] < 0 ? method.getResponseMarshaller() : method.getRequestMarshaller();
        byte[] bytes = Arrays.copyOfRange(input, 1, input.length);

        Optional<Message> expected = withProtobuf(marshaller, bytes);

        assertThat(with(marshaller, new Known(bytes))).isEqualTo(expected);
        assertThat(with(marshaller, new ByteArrayInputStream(bytes))).isEqualTo(expected);
    }

    private static Optional<Message> withProtobuf(MethodDescriptor.Marshaller<?> marshaller, byte[] bytes) {
        Object prototype = ((MethodDescriptor.PrototypeMarshaller<?>) marshaller).getMessagePrototype();
        try {
            return Optional.of(((Message) prototype).getParserForType().parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    private static Optional<Message> with(MethodDescriptor.Marshaller<?> marshaller, InputStream stream) {
        try {
            return Optional.of((Message) marshaller.parse(stream));
        } catch (StatusRuntimeException e) {
            return Optional.empty();
        }
    }
}
