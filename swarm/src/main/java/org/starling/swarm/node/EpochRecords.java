package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.starling.swarm.averaging.AveragedGradient;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.FetchRecordsReply;
import org.starling.swarm.wire.proto.RecordSignature;

/** Makes the record of a committed round: a pure function, so that every member signs the same bytes. */
final class EpochRecords {
    private EpochRecords() {}

    static EpochRecord of(String run, Position before, Group group, AveragedGradient gradient, Digest stateAfter) {
        EpochRecordBody.Builder body = EpochRecordBody.newBuilder()
                .setRun(run)
                .setGeneration(before.generation())
                .setEpoch(before.state().epoch() + 1)
                .setParent(before.head().toByteString())
                .setGroupId(group.id())
                .setGradientDigest(gradient.digest().toByteString())
                .setStateBefore(before.state().digest().toByteString())
                .setStateAfter(stateAfter.toByteString())
                .setStartedAtMillis(group.startedAt().toEpochMilli())
                .setNextSubgroupsLog2(group.nextSubgroupsLog2());
        BitSet included = gradient.includedFully();
        long total = before.state().samples();
        for (int i = 0; i < group.members().size(); i++) {
            Group.Member member = group.members().get(i);
            long credited = included.get(i) ? member.samples() : 0;
            total += credited;
            body.addMembers(Contribution.newBuilder()
                    .setPublicKey(member.publicKey())
                    .setAccountId(member.accountId())
                    .setAccountName(member.accountName())
                    .setSamples(credited));
        }
        return EpochRecord.of(body.setTotalSamples(total).build());
    }

    /** The record with one signature. */
    static EpochRecordMessage sign(EpochRecord record, PeerIdentity identity) {
        return EpochRecordMessage.newBuilder()
                .setBody(record.bytes())
                .addSignatures(RecordSignature.newBuilder()
                        .setMember(indexOf(record, identity.id()))
                        .setSignature(ByteString.copyFrom(identity.sign(record.signedBytes()))))
                .build();
    }

    static int indexOf(EpochRecord record, PeerId peer) {
        for (int i = 0; i < record.members().size(); i++) {
            if (record.members().get(i).peer().equals(peer)) {
                return i;
            }
        }
        throw new IllegalArgumentException(peer.abbreviated() + " is no member of " + record);
    }

    /** The records of a reply as far as each is the parent of the one before, beginning with the given one. */
    static List<EpochRecordMessage> linked(FetchRecordsReply reply, Digest from, String run) {
        List<EpochRecordMessage> chain = new ArrayList<>();
        Digest expected = from;
        for (EpochRecordMessage message : reply.getRecordsList()) {
            EpochRecord record;
            try {
                record = EpochRecord.parse(message.getBody(), run);
            } catch (IllegalArgumentException e) {
                return chain;
            }
            if (!record.id().equals(expected)) {
                return chain;
            }
            chain.add(message);
            expected = record.parent();
        }
        return chain;
    }
}
