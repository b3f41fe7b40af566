package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import java.util.function.Consumer;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupMember;

/** Groups without the meeting in which they come together. */
final class Groups {
    private Groups() {}

    /**
     * One subgroup of reachable members, the first of which leads it and each of which reduces as much as the others.
     *
     * @param id 16 bytes
     */
    static Group of(List<PeerIdentity> members, byte[] id, String codec, int elements, int partElements) {
        GroupManifest.Builder manifest = GroupManifest.newBuilder()
                .setRun("test/run")
                .setGroupId(ByteString.copyFrom(id))
                .setPartElements(partElements)
                .setCodec(codec)
                .setAggregator(Group.MEAN)
                .setGradientElements(elements)
                .addSubgroupSizes(members.size());
        manifest.getRoundBuilder()
                .setStateDigest(ByteString.copyFrom(new byte[Digest.BYTES]))
                .setHead(ByteString.copyFrom(new byte[Digest.BYTES]));
        for (int i = 0; i < members.size(); i++) {
            manifest.addMembers(GroupMember.newBuilder()
                    .setPublicKey(ByteString.copyFrom(members.get(i).publicKey()))
                    .setSamples(10 + i)
                    .setAddress("host" + i + ":1")
                    .setBandwidth(1));
        }
        Group.Subgroup all = new Group.Subgroup(0, 0, members.size());
        manifest.addAllSpans(Spans.of(manifest.getMembersList(), 0, all, elements, 1));
        return Group.sign(manifest.build(), members.get(0), TensorSizes.single(elements));
    }

    /** The group of a manifest that is like another's but for a change, signed by the same chair. */
    static Group changed(Group sound, PeerIdentity chair, Consumer<GroupManifest.Builder> change) {
        GroupManifest.Builder manifest;
        try {
            manifest = GroupManifest.parseFrom(sound.message().getManifest()).toBuilder();
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
        change.accept(manifest);
        return Group.sign(manifest.build(), chair, TensorSizes.single(sound.elements()));
    }
}
