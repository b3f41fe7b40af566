package org.starling.swarm.orders;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.run.LiveSettings;
import org.starling.swarm.wire.proto.BanOrder;
import org.starling.swarm.wire.proto.ChangeOrder;
import org.starling.swarm.wire.proto.DistrustOrder;
import org.starling.swarm.wire.proto.OrderBody;
import org.starling.swarm.wire.proto.PauseOrder;
import org.starling.swarm.wire.proto.ResumeOrder;
import org.starling.swarm.wire.proto.RollbackOrder;
import org.starling.swarm.wire.proto.Subject;
import org.starling.swarm.wire.proto.TrustOrder;
import org.starling.swarm.wire.proto.UnbanOrder;

/** Orders as bytes. */
final class OrderCodec {
    private OrderCodec() {}

    static OrderBody encode(Order order) {
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
        } else if (order instanceof Order.Pause pause) {
            body.setPause(PauseOrder.newBuilder().setReason(pause.reason()));
        } else if (order instanceof Order.Resume resume) {
            body.setResume(ResumeOrder.newBuilder().setReason(resume.reason()));
        } else if (order instanceof Order.Change change) {
            body.setChange(encode(change.settings()));
        } else if (order instanceof Order.Trust trust) {
            body.setTrust(TrustOrder.newBuilder().setJwk(trust.jwk()));
        } else if (order instanceof Order.Distrust distrust) {
            body.setDistrust(
                    DistrustOrder.newBuilder().setKeyId(distrust.keyId()).setReason(distrust.reason()));
        }
        return body.build();
    }

    private static ChangeOrder.Builder encode(LiveSettings settings) {
        return ChangeOrder.newBuilder()
                .setTargetBatchSize(settings.targetBatchSize())
                .setCodec(settings.codec())
                .setMatchmakingWindowMillis(settings.matchmakingWindow().toMillis())
                .setPartTimeoutMillis(settings.partTimeout().toMillis())
                .setRoundTimeoutMillis(settings.roundTimeout().toMillis());
    }

    private static LiveSettings decode(ChangeOrder change) {
        return new LiveSettings(
                change.getTargetBatchSize(),
                change.getCodec(),
                Duration.ofMillis(change.getMatchmakingWindowMillis()),
                Duration.ofMillis(change.getPartTimeoutMillis()),
                Duration.ofMillis(change.getRoundTimeoutMillis()));
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

    static Order decode(OrderBody body) {
        if (body.getNumber() < 1) {
            throw new IllegalArgumentException("orders are numbered from 1");
        }
        String run = body.getRun();
        long number = body.getNumber();
        Instant at = Instant.ofEpochMilli(body.getIssuedAtMillis());
        return switch (body.getKindCase()) {
            case ROLLBACK ->
                new Order.Rollback(
                        run,
                        number,
                        at,
                        body.getRollback().getGeneration(),
                        new StateReference(
                                body.getRollback().getEpoch(),
                                body.getRollback().getSamples(),
                                Digest.of(body.getRollback().getStateDigest())));
            case BAN ->
                new Order.Ban(
                        run,
                        number,
                        at,
                        decode(body.getBan().getSubject()),
                        body.getBan().getReason());
            case UNBAN ->
                new Order.Unban(
                        run,
                        number,
                        at,
                        decode(body.getUnban().getSubject()),
                        body.getUnban().getReason());
            case PAUSE -> new Order.Pause(run, number, at, body.getPause().getReason());
            case RESUME -> new Order.Resume(run, number, at, body.getResume().getReason());
            case CHANGE -> new Order.Change(run, number, at, decode(body.getChange()));
            case TRUST -> new Order.Trust(run, number, at, body.getTrust().getJwk());
            case DISTRUST ->
                new Order.Distrust(
                        run,
                        number,
                        at,
                        body.getDistrust().getKeyId(),
                        body.getDistrust().getReason());
            case KIND_NOT_SET ->
                throw new IllegalArgumentException("its kind is unknown to this version; upgrade this peer");
        };
    }
}
