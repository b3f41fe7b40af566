package org.starling.swarm.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

class TensorMarshallerTest {
    private static PartRequest request(int payloadBytes) {
        byte[] payload = new byte[payloadBytes];
        new Random(payloadBytes).nextBytes(payload);
        return PartRequest.newBuilder()
                .setGroupId(ByteString.copyFromUtf8("sixteen bytes id"))
                .setPart(70_000)
                .setMember(3)
                .setPayload(ByteString.copyFrom(payload))
                .build();
    }

    @Test
    void whatIsWrittenIsTheProtobufFormatAndIsReadBack() throws IOException {
        MethodDescriptor.Marshaller<PartRequest> marshaller =
                WireMethods.of(SwarmGrpc.getExchangePartMethod()).getRequestMarshaller();
        for (int bytes : new int[] {0, 1, 127, 5000, 524_288}) {
            PartRequest request = request(bytes);

            byte[] written = marshaller.stream(request).readAllBytes();

            assertThat(written).isEqualTo(request.toByteArray());
            assertThat(marshaller.parse(new ByteArrayInputStream(written))).isEqualTo(request);
            assertThat(marshaller.parse(marshaller.stream(request))).isEqualTo(request);
        }
    }

    @Test
    void thePayloadIsNotCopiedOutOfTheMessage() {
        PartRequest request = request(100_000);
        TensorMarshaller<PartRequest> marshaller = new TensorMarshaller<>(PartRequest.getDefaultInstance());

        PartRequest parsed = marshaller.parse(new ByteArrayInputStream(request.toByteArray()));

        // a copy would have an array of its own
        assertThat(parsed.getPayload().asReadOnlyByteBuffer().capacity()).isEqualTo(request.getSerializedSize());
    }

    @Test
    void aSmallFieldDoesNotKeepTheWholeMessage() {
        PartReply reply = PartReply.newBuilder()
                .setPayload(ByteString.copyFrom(new byte[100_000]))
                .setIncluded(ByteString.copyFrom(new byte[] {7}))
                .setSignature(ByteString.copyFrom(new byte[64]))
                .build();
        TensorMarshaller<PartReply> marshaller = new TensorMarshaller<>(PartReply.getDefaultInstance());

        PartReply parsed = marshaller.parse(new ByteArrayInputStream(reply.toByteArray()));

        assertThat(parsed).isEqualTo(reply);
        assertThat(parsed.getIncluded().asReadOnlyByteBuffer().capacity()).isEqualTo(1);
        assertThat(parsed.getSignature().asReadOnlyByteBuffer().capacity()).isEqualTo(64);
    }

    @Test
    void whatIsNoMessageIsRefused() {
        TensorMarshaller<PartReply> marshaller = new TensorMarshaller<>(PartReply.getDefaultInstance());
        byte[] tooLong = {10, 100, 1, 2, 3};
        byte[] negative = {10, -1, -1, -1, -1, 15};
        byte[] endOfGroup = {12};

        for (byte[] bytes : new byte[][] {tooLong, negative, endOfGroup}) {
            assertThatThrownBy(() -> marshaller.parse(new ByteArrayInputStream(bytes)))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("Not a message of the protocol");
        }
    }

    @Test
    void onlyMessagesThatCarryTensorsAreReadInThatWay() {
        for (MethodDescriptor<?, ?> method : WireMethods.service().getMethods()) {
            for (MethodDescriptor.Marshaller<?> marshaller :
                    new MethodDescriptor.Marshaller<?>[] {method.getRequestMarshaller(), method.getResponseMarshaller()
                    }) {
                Message prototype =
                        (Message) ((MethodDescriptor.PrototypeMarshaller<?>) marshaller).getMessagePrototype();
                boolean payload = prototype.getDescriptorForType().findFieldByName("payload") != null;
                assertThat(marshaller instanceof TensorMarshaller)
                        .as(prototype.getDescriptorForType().getName())
                        .isEqualTo(payload);
            }
        }
        assertThat(WireMethods.service().getMethods())
                .hasSameSizeAs(SwarmGrpc.getServiceDescriptor().getMethods());
    }
}
