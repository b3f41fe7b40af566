package org.starling.swarm.orders;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.wire.proto.BanOrder;
import org.starling.swarm.wire.proto.OrderBody;
import org.starling.swarm.wire.proto.OrderMessage;
import org.starling.swarm.wire.proto.RollbackOrder;
import org.starling.swarm.wire.proto.Subject;
import org.starling.swarm.wire.proto.UnbanOrder;

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
        ByteString body = encode(order).toByteString();
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
            order = decode(OrderBody.parseFrom(message.getBody()));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new InvalidOrderException("The order is malformed: " + e.getMessage(), e);
        }
        if (!order.run().equals(run)) {
            throw new InvalidOrderException("The order is for the run " + order.run() + ", not for " + run);
        }
        return new SignedOrder(message, order);
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

    private static OrderBody encode(Order order) {
        OrderBody.Builder body = OrderBody.newBuilder()
                .setRun(order.run())
                .setNumber(order.number())
                .setIssuedAtMillis(order.issuedAt().toEpochMilli());
        if (order instanceof Order.Rollback rollback) {
            body.setRollback(RollbackOrder.newBuilder()
                    .setGeneration(rollback.generation())
                    .setEpoch(rollback.state().epoch())
                    .setSamples(rollback.state().samples())
                    .setStateDigest(rollback.state().digest().toByteString()));
        } else if (order instanceof Order.Ban ban) {
            body.setBan(BanOrder.newBuilder().setSubject(encode(ban.subject())).setReason(ban.reason()));
        } else if (order instanceof Order.Unban unban) {
            body.setUnban(
                    UnbanOrder.newBuilder().setSubject(encode(unban.subject())).setReason(unban.reason()));
        }
        return body.build();
    }

    private static Subject.Builder encode(Order.Subject subject) {
        Subject.Builder message = Subject.newBuilder();
        if (subject instanceof Order.Subject.Account account) {
            message.setAccountId(account.id());
        } else if (subject instanceof Order.Subject.Peer peer) {
            message.setPeer(ByteString.copyFrom(peer.id().toBytes()));
        }
        return message;
    }

    private static Order.Subject decode(Subject subject) {
        return switch (subject.getKindCase()) {
            case ACCOUNT_ID -> {
                if (subject.getAccountId().isEmpty()) {
                    throw new IllegalArgumentException("it names no account");
                }
                yield new Order.Subject.Account(subject.getAccountId());
            }
            case PEER -> new Order.Subject.Peer(PeerId.of(subject.getPeer().toByteArray()));
            case KIND_NOT_SET -> throw new IllegalArgumentException("it does not say whom it is about");
        };
    }

    private static Order decode(OrderBody body) {
        if (body.getNumber() < 1) {
            throw new IllegalArgumentException("orders are numbered from 1");
        }
        return switch (body.getKindCase()) {
            case ROLLBACK ->
                new Order.Rollback(
                        body.getRun(),
                        body.getNumber(),
                        Instant.ofEpochMilli(body.getIssuedAtMillis()),
                        body.getRollback().getGeneration(),
                        new StateReference(
                                body.getRollback().getEpoch(),
                                body.getRollback().getSamples(),
                                Digest.of(body.getRollback().getStateDigest())));
            case BAN ->
                new Order.Ban(
                        body.getRun(),
                        body.getNumber(),
                        Instant.ofEpochMilli(body.getIssuedAtMillis()),
                        decode(body.getBan().getSubject()),
                        body.getBan().getReason());
            case UNBAN ->
                new Order.Unban(
                        body.getRun(),
                        body.getNumber(),
                        Instant.ofEpochMilli(body.getIssuedAtMillis()),
                        decode(body.getUnban().getSubject()),
                        body.getUnban().getReason());
            case KIND_NOT_SET ->
                throw new IllegalArgumentException("its kind is unknown to this version; upgrade this peer");
        };
    }
}
