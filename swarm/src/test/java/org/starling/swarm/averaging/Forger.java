package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.wire.proto.Applicant;
import org.starling.swarm.wire.proto.AverageStatement;
import org.starling.swarm.wire.proto.ContradictionMessage;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.RecordSignature;
import org.starling.swarm.wire.proto.VoteMessage;

/**
 * Signs whatever a message says, as a peer would that says such things: a claim for the round that is due, news of this moment, a
 * record, a vote and averages of a group. So what has been changed gets past the checks of signatures, to what is behind them.
 */
public final class Forger {
    private static final ByteString NEWS = ByteString.copyFromUtf8("starling-news-v2" + VirtualSwarm.RUN + "\0");

    private final PeerIdentity forger;
    private final AccessToken token;
    private final Optional<Group> group;
    private final RoundKey round;
    private final Instant now;

    /**
     * @param token of the forger
     * @param group that there is, if any
     * @param round that is due
     */
    public Forger(PeerIdentity forger, AccessToken token, Optional<Group> group, RoundKey round, Instant now) {
        this.forger = forger;
        this.token = token;
        this.group = group;
        this.round = round;
        this.now = now;
    }

    /** The group that a leader has signed. */
    public static Group group(GroupManifestMessage manifest) {
        return Group.parse(
                manifest, VirtualSwarm.RUN, VirtualSwarm.PART_ELEMENTS, TensorSizes.single(VirtualSwarm.ELEMENTS));
    }

    /** The message, and all in it, signed by the forger and about its group. */
    public Message forge(Message message) {
        Message.Builder builder = message.toBuilder();
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                forge(builder, field);
            } else if (field.getName().equals("group_id")) {
                group.ifPresent(known -> builder.setField(field, known.id()));
            }
        }
        return sign(builder.build());
    }

    private void forge(Message.Builder builder, FieldDescriptor field) {
        if (field.isRepeated()) {
            List<Message> forged = new ArrayList<>();
            for (int i = 0; i < builder.getRepeatedFieldCount(field); i++) {
                forged.add(forge((Message) builder.getRepeatedField(field, i)));
            }
            builder.setField(field, forged);
        } else if (builder.hasField(field)) {
            builder.setField(field, forge((Message) builder.getField(field)));
        }
    }

    private Message sign(Message message) {
        try {
            if (message instanceof JoinGroupRequest claim) {
                return Claim.sign(claim.toBuilder().setRound(round.toMessage()), forger);
            } else if (message instanceof Applicant applicant) {
                return applicant.toBuilder()
                        .setPublicKey(ByteString.copyFrom(forger.publicKey()))
                        .setAccessToken(token.compact())
                        .build();
            } else if (message instanceof NewsItem news) {
                return signed(news);
            } else if (message instanceof EpochRecordMessage record) {
                return signed(record);
            } else if (message instanceof PartRequest part) {
                return part.toBuilder().setMember(member()).build();
            } else if (message instanceof MeanRequest mean) {
                return mean.toBuilder().setMember(member()).build();
            } else if (group.isPresent()) {
                return ofGroup(message, group.get());
            }
            return message;
        } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
            // what cannot even be read cannot be signed
            return message;
        }
    }

    private int member() {
        return Math.max(0, group.map(known -> known.indexOf(forger.id())).orElse(0));
    }

    private NewsItem signed(NewsItem news) throws InvalidProtocolBufferException {
        ByteString payload = NewsBody.parseFrom(news.getPayload()).toBuilder()
                .setSequence(now.toEpochMilli())
                .clearIssuedAtMillis()
                .build()
                .toByteString();
        return news.toBuilder()
                .setPayload(payload)
                .setAuthor(ByteString.copyFrom(forger.publicKey()))
                .setSignature(signature(NEWS.concat(payload)))
                .build();
    }

    private EpochRecordMessage signed(EpochRecordMessage message) {
        EpochRecord record = EpochRecord.parse(message.getBody(), VirtualSwarm.RUN);
        EpochRecordMessage.Builder forged = message.toBuilder();
        for (int i = 0; i < record.members().size(); i++) {
            if (record.members().get(i).peer().equals(forger.id())) {
                forged.addSignatures(RecordSignature.newBuilder()
                        .setMember(i)
                        .setSignature(signature(ByteString.copyFrom(record.signedBytes()))));
            }
        }
        return forged.build();
    }

    private Message ofGroup(Message message, Group known) {
        if (message instanceof VoteMessage vote) {
            return new Ballot(known, 1).cast(member(), forger, Digest.of(vote.getGradientDigest()));
        } else if (message instanceof PartReply average) {
            Digest hash = Digest.of(AveragedGradient.hashOf(average.getIncluded(), average.getPayload()));
            int part = known.parts().stream()
                    .filter(candidate -> candidate.roots().get(0) == member())
                    .findFirst()
                    .map(Group.Part::index)
                    .orElse(0);
            return average.toBuilder()
                    .setRoot(member())
                    .setSignature(statement(known, part, hash))
                    .build();
        } else if (message instanceof AverageStatement statement) {
            return statement.toBuilder()
                    .setRoot(member())
                    .setSignature(statement(known, statement.getPart(), Digest.of(statement.getHash())))
                    .build();
        } else if (message instanceof ContradictionMessage contradiction) {
            return contradiction.toBuilder()
                    .setPublicKey(ByteString.copyFrom(forger.publicKey()))
                    .setManifestHash(known.hash().toByteString())
                    .setStartedAtMillis(known.startedAt().toEpochMilli())
                    .setFirstSignature(
                            statement(known, contradiction.getPart(), Digest.of(contradiction.getFirstHash())))
                    .setSecondSignature(
                            statement(known, contradiction.getPart(), Digest.of(contradiction.getSecondHash())))
                    .build();
        }
        return message;
    }

    private ByteString statement(Group known, int part, Digest hash) {
        return ByteString.copyFrom(forger.sign(
                SignedAverage.signedBytes(known.hash(), known.startedAt().toEpochMilli(), part, hash)));
    }

    private ByteString signature(ByteString bytes) {
        return ByteString.copyFrom(forger.sign(bytes.toByteArray()));
    }
}
