package org.starling.simulator.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SoakTest {
    @Test
    void peersThatComeAndGoEndInOneStateAndLeaveNothing() throws Exception {
        assertThat(new Soak(5, 1, System.out).run(Duration.ofSeconds(20))).isEmpty();
    }

    @Test
    void whatIsLeftIsTold() {
        Resources before = new Resources(0, 10 << 20, 100);

        assertThat(new Resources(0, 60 << 20, 104).leaksSince(before)).isEmpty();
        assertThat(new Resources(2, 100 << 20, 130).leaksSince(before))
                .containsExactly(
                        "2 threads of peers are left",
                        "90 MiB of direct memory are left",
                        "30 files or sockets are left open");
    }
}
