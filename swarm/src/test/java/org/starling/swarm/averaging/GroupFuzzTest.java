package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;

/** Whatever manifest a leader signs is refused, or makes a group whose parts are the gradient. {@code JAZZER_FUZZ=1} looks for inputs. */
class GroupFuzzTest {
    private static final String RUN = VirtualSwarm.RUN;
    private static final int ELEMENTS = VirtualSwarm.ELEMENTS;
    private static final PeerIdentity LEADER = PeerIdentity.ofSeed(new byte[32]);

    @FuzzTest(maxDuration = "10m")
    void aSignedManifestIsRefusedOrMakesAGroup(byte[] manifest) {
        Group group;
        try {
            group = Group.parse(
                    signedByItsLeader(manifest), RUN, VirtualSwarm.PART_ELEMENTS, TensorSizes.single(ELEMENTS));
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank();
            return;
        } catch (InvalidProtocolBufferException e) {
            return;
        }
        int next = 0;
        for (Group.Part part : group.parts()) {
            assertThat(part.offset()).isEqualTo(next);
            assertThat(part.elements()).isPositive();
            for (Group.Subgroup subgroup : group.subgroups()) {
                List<Integer> reducers = part.reducers(subgroup);
                assertThat(reducers).isNotEmpty().allMatch(reducer -> reducer < group.participants());
            }
            next += part.elements();
        }
        assertThat(next).isEqualTo(ELEMENTS);
        for (int i = 0; i < group.participants(); i++) {
            assertThat(group.indexOf(group.participant(i).peer())).isEqualTo(i);
            assertThat(group.subgroupOf(i)).isNotNull();
        }
    }

    private static GroupManifestMessage signedByItsLeader(byte[] manifest) throws InvalidProtocolBufferException {
        GroupManifest.Builder ours =
                GroupManifest.parseFrom(manifest).toBuilder().setRun(RUN).setPartElements(VirtualSwarm.PART_ELEMENTS);
        if (ours.getMembersCount() > 0) {
            ours.getMembersBuilder(0).setPublicKey(ByteString.copyFrom(LEADER.publicKey()));
        }
        ByteString bytes = ours.build().toByteString();
        byte[] signed = ByteString.copyFrom("starling-group-v1", StandardCharsets.US_ASCII)
                .concat(bytes)
                .toByteArray();
        return GroupManifestMessage.newBuilder()
                .setManifest(bytes)
                .setSignature(ByteString.copyFrom(LEADER.sign(signed)))
                .build();
    }
}
