package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.Span;

/** What a member accepts of a manifest that the chair itself has signed. */
class GroupTest {
    private static final int ELEMENTS = 1000;
    private static final int PART_ELEMENTS = 100;

    private final List<PeerIdentity> members = List.of(PeerIdentity.create(), PeerIdentity.create());

    private Group signed(Consumer<GroupManifest.Builder> change) {
        Group sound = Groups.of(members, new byte[16], "none", ELEMENTS, PART_ELEMENTS);
        return Groups.changed(sound, members.get(0), change);
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

    /** Small ones would make a million parts of a manifest of a few bytes, each with its message and its signature. */
    @Test
    void thePartsAreThoseOfTheRun() {
        GroupManifestMessage manifest =
                signed(sound -> sound.setPartElements(1)).message();

        assertThatThrownBy(() -> Group.parse(manifest, "test/run", PART_ELEMENTS, TensorSizes.single(ELEMENTS)))
                .hasMessageContaining("parts of 1 elements, and the run of 100");
        assertThatThrownBy(() -> Group.parseForHelper(manifest, "test/run", PART_ELEMENTS, ELEMENTS))
                .hasMessageContaining("parts of 1 elements, and the run of 100");
    }

    @Test
    void nobodyHasTwoSpans() {
        assertThatThrownBy(() -> signed(manifest -> {
                    Span first = manifest.getSpans(0);
                    manifest.setSpans(0, first.toBuilder().setElements(1))
                            .addSpans(1, first.toBuilder().setOffset(1).setElements(first.getElements() - 1));
                }))
                .hasMessageContaining("more spans than peers that reduce");
    }
}
