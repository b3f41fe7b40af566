package org.starling.swarm.membership;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.proto.EpochRecordMessage;

class PushesTest {
    private final VirtualTime time = new VirtualTime();
    private final List<EpochRecordMessage> sent = new ArrayList<>();
    private final Pushes pushes = new Pushes(time.scheduler(), message -> sent.addAll(message.getRecordsList()));

    /** Each waits for its turn in memory, and a large one takes a message of its own. */
    @Test
    void noMoreWaitsThanOthersCanBeToldSoon() {
        for (int i = 0; i < 1000; i++) {
            pushes.add(EpochRecordMessage.newBuilder()
                    .setBody(ByteString.copyFrom(new byte[1 << 12]).concat(ByteString.copyFromUtf8("record " + i)))
                    .build());
        }
        time.run(Duration.ofMinutes(2));

        assertThat(sent).hasSizeBetween(32, 64);
    }
}
