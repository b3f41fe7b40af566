package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.GroupManifest;

/** What a member accepts of a manifest that the chair itself has signed. */
class GroupTest {
    private static final int ELEMENTS = 1000;
    private static final int PART_ELEMENTS = 100;

    private final List<PeerIdentity> members = List.of(PeerIdentity.create(), PeerIdentity.create());

    private Group signed(Consumer<GroupManifest.Builder> change) {
        Group sound = Groups.of(members, new byte[16], "none", ELEMENTS, PART_ELEMENTS);
        GroupManifest.Builder manifest;
        try {
            manifest = GroupManifest.parseFrom(sound.message().getManifest()).toBuilder();
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
        change.accept(manifest);
        return Group.sign(manifest.build(), members.get(0), TensorSizes.single(ELEMENTS));
    }

    @Test
    void aManifestHasNamesAsLongAsATokenMayHaveThem() {
        String longest = "n".repeat(128);

        assertThat(signed(manifest -> manifest.getMembersBuilder(1)
                                .setAccountName(longest)
                                .setAccountId(longest))
                        .members())
                .hasSize(2);
        assertThatThrownBy(
                        () -> signed(manifest -> manifest.getMembersBuilder(1).setAccountName(longest + "n")))
                .hasMessageContaining("account");
        assertThatThrownBy(
                        () -> signed(manifest -> manifest.getMembersBuilder(1).setAccountId(longest + "n")))
                .hasMessageContaining("account");
    }
}
