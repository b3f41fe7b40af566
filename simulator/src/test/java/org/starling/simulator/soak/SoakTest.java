package org.starling.simulator.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SoakTest {
    @Test
    void peersThatComeAndGoEndInOneStateAndLeaveNothing() throws Exception {
        assertThat(new Soak(5, 1, System.out).run(Duration.ofSeconds(20))).isEmpty();
    }

    @Test
    void whatIsLeftIsTold() {
        Resources before = new Resources(0, 10 << 20, 100, 0);

        assertThat(new Resources(0, 60 << 20, 104, 0).leaksSince(before)).isEmpty();
        assertThat(new Resources(2, 100 << 20, 130, 3).leaksSince(before))
                .containsExactly(
                        "2 threads of peers are left",
                        "90 MiB of direct memory are left",
                        "30 files or sockets are left open",
                        "3 channels have not ended");
    }

    @Test
    void aChannelCountsUntilItHasEnded() throws Exception {
        int before = Resources.now().channels();
        List<ManagedChannel> channels = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            // nobody listens there: a channel need not be connected
            channels.add(ManagedChannelBuilder.forAddress("127.0.0.1", 1)
                    .usePlaintext()
                    .build());
        }

        assertThat(Resources.now().channels()).isEqualTo(before + 3);
        for (ManagedChannel channel : channels) {
            assertThat(channel.shutdownNow().awaitTermination(30, TimeUnit.SECONDS))
                    .isTrue();
        }
        assertThat(Resources.now().channels()).isEqualTo(before);
    }
}
