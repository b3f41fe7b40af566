package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.PartReply;

/** What a member believes of a root that signs what it likes. */
class SignedAverageTest {
    private final List<PeerIdentity> members = List.of(PeerIdentity.create(), PeerIdentity.create());
    private final Group group = Groups.of(members, new byte[16], "none", 8, 8);
    private final Group.Part part = group.parts().get(0);

    private PartReply signed(String included) {
        return SignedAverage.sign(
                        group,
                        part,
                        0,
                        members.get(0),
                        PartReply.newBuilder()
                                .setPayload(ByteString.copyFrom(new byte[4 * part.elements()]))
                                .setIncluded(ByteString.fromHex(included)))
                .average();
    }

    private SignedAverage verify(PartReply average) {
        return SignedAverage.of(group, part, average, AveragedGradient.hashOf(average));
    }

    @ParameterizedTest
    @ValueSource(strings = {"01", "02", "03"})
    void anAverageIsOfMembers(String included) {
        assertThat(verify(signed(included)).root()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00", "04", "0300", "0301"})
    void anAverageOfNobodyOrOfOthersOrInOtherBytesIsRefused(String included) {
        PartReply average = signed(included);

        assertThatThrownBy(() -> verify(average)).isInstanceOf(IllegalArgumentException.class);
    }

    /** It would be kept with every part of three rounds. */
    @Test
    void anAverageOfMoreBytesThanMembersCanFillIsRefused() {
        PartReply average = signed("03" + "00".repeat(1 << 20));

        assertThatThrownBy(() -> verify(average)).hasMessageContaining("1048577 bytes");
    }
}
