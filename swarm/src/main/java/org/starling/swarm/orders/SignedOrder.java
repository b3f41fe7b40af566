package org.starling.swarm.orders;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.wire.proto.OrderBody;
import org.starling.swarm.wire.proto.OrderMessage;

/** An order with the authority's signature over exactly the bytes that are passed on. */
public final class SignedOrder {
    /** Larger ones are refused unread. */
    public static final int MAX_BYTES = 16_384;

    private static final byte[] CONTEXT = "starling-order-v1".getBytes(StandardCharsets.US_ASCII);

    private final OrderMessage message;
    private final Order order;

    private SignedOrder(OrderMessage message, Order order) {
        this.message = message;
        this.order = order;
    }

    public static SignedOrder sign(Order order, AuthorityKey key) {
        ByteString body = OrderCodec.encode(order).toByteString();
        OrderMessage message = OrderMessage.newBuilder()
                .setBody(body)
                .setKeyId(key.keyId())
                .setSignature(ByteString.copyFrom(key.sign(signedBytes(body))))
                .build();
        return new SignedOrder(message, order);
    }

    /**
     * Parses an order and verifies that the authority signed it for this run.
     *
     * @throws InvalidOrderException if it did not, or the bytes are no order
     */
    public static SignedOrder verify(byte[] bytes, TrustedAuthority authority, String run) {
        if (bytes.length > MAX_BYTES) {
            throw new InvalidOrderException("The order has " + bytes.length + " bytes; at most " + MAX_BYTES);
        }
        try {
            return verify(OrderMessage.parseFrom(bytes), authority, run);
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidOrderException("The bytes are no order", e);
        }
    }

    /** @throws InvalidOrderException if the authority did not sign it for this run */
    public static SignedOrder verify(OrderMessage message, TrustedAuthority authority, String run) {
        if (!authority.verify(
                message.getKeyId(),
                signedBytes(message.getBody()),
                message.getSignature().toByteArray())) {
            throw new InvalidOrderException("The order is not signed by " + authority.issuer());
        }
        Order order;
        try {
            order = OrderCodec.decode(OrderBody.parseFrom(message.getBody()));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new InvalidOrderException("The order is malformed: " + e.getMessage(), e);
        }
        if (!order.run().equals(run)) {
            throw new InvalidOrderException("The order is for the run " + order.run() + ", not for " + run);
        }
        return new SignedOrder(message, order);
    }

    /**
     * The same order, signed by another key of the authority: for those who do not know the first one any more. Only the
     * authority calls this, with orders that it has kept.
     *
     * @throws IllegalArgumentException if the bytes are no order
     */
    public static byte[] signAgain(byte[] bytes, AuthorityKey key) {
        try {
            OrderMessage message = OrderMessage.parseFrom(bytes);
            return message.toBuilder()
                    .setKeyId(key.keyId())
                    .setSignature(ByteString.copyFrom(key.sign(signedBytes(message.getBody()))))
                    .build()
                    .toByteArray();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("The bytes are no order", e);
        }
    }

    /**
     * The id of the key that signed, as the bytes say; nothing is verified.
     *
     * @throws IllegalArgumentException if the bytes are no order
     */
    public static String keyId(byte[] bytes) {
        try {
            return OrderMessage.parseFrom(bytes).getKeyId();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("The bytes are no order", e);
        }
    }

    public Order order() {
        return order;
    }

    /** As it goes over the wire. */
    public OrderMessage toMessage() {
        return message;
    }

    public byte[] toBytes() {
        return message.toByteArray();
    }

    private static byte[] signedBytes(ByteString body) {
        return ByteString.copyFrom(CONTEXT).concat(body).toByteArray();
    }
}
