package org.starling.swarm.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Messages that carry a tensor, in the protobuf format like all others. A message is copied once on each side: out of its
 * fields into the network's buffers, and out of those into one array, of which the payload of the message received is a view.
 * (gRPC's own marshaller copies the message received into an array and each field out of that.)
 *
 * <p>Only for messages that are mostly payload: this keeps the whole message in memory. The small fields do not, for they are often
 * kept much longer than the payload.
 */
final class TensorMarshaller<M extends Message> implements MethodDescriptor.PrototypeMarshaller<M> {
    /** What is larger is worth a view; and whoever keeps it keeps little besides. */
    private static final int SMALL_BYTES = 4096;

    private final MethodDescriptor.Marshaller<M> sending;
    private final M prototype;

    TensorMarshaller(M prototype) {
        this.sending = ProtoUtils.marshaller(prototype);
        this.prototype = prototype;
    }

    @Override
    public InputStream stream(M message) {
        return sending.stream(message);
    }

    /** @throws io.grpc.StatusRuntimeException if the bytes are no such message */
    @Override
    public M parse(InputStream stream) {
        try {
            CodedInputStream coded =
                    UnsafeByteOperations.unsafeWrap(readAll(stream)).newCodedInput();
            coded.enableAliasing(true);
            Message message = prototype.getParserForType().parseFrom(coded);
            coded.checkLastTagWas(0);
            return getMessageClass().cast(withSmallFieldsOfTheirOwn(message));
        } catch (InvalidProtocolBufferException e) {
            throw Status.INTERNAL
                    .withDescription("Not a message of the protocol")
                    .withCause(e)
                    .asRuntimeException();
        } catch (IOException e) {
            throw Status.INTERNAL
                    .withDescription("The message broke off")
                    .withCause(e)
                    .asRuntimeException();
        }
    }

    private static Message withSmallFieldsOfTheirOwn(Message message) {
        Message.Builder builder = message.toBuilder();
        message.getAllFields().forEach((field, value) -> {
            if (value instanceof ByteString bytes && bytes.size() <= SMALL_BYTES) {
                builder.setField(field, ByteString.copyFrom(bytes.asReadOnlyByteBuffer()));
            }
        });
        return builder.build();
    }

    private static byte[] readAll(InputStream stream) throws IOException {
        if (!(stream instanceof KnownLength)) {
            return stream.readAllBytes();
        }
        // with a length alone it would read in pieces, and put these together
        byte[] bytes = new byte[stream.available()];
        if (stream.readNBytes(bytes, 0, bytes.length) < bytes.length) {
            throw new EOFException();
        }
        return bytes;
    }

    @Override
    @SuppressWarnings("unchecked")
    public Class<M> getMessageClass() {
        return (Class<M>) prototype.getClass();
    }

    @Override
    public M getMessagePrototype() {
        return prototype;
    }
}
