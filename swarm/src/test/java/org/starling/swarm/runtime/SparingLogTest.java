package org.starling.swarm.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SparingLogTest {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final List<String> lines = new ArrayList<>();
    private final SparingLog log = new SparingLog(lines::add, () -> now);

    @Test
    void whatComesOftenHasOneLineThatCountsTheRest() {
        for (int i = 0; i < 5000; i++) {
            log.info("Refused " + i);
        }
        now = now.plusSeconds(11);
        log.info("Refused once more");

        assertThat(lines).containsExactly("Refused 0", "Refused once more (and 4999 more like it before)");
    }

    @Test
    void whatOthersHaveWrittenIsShortAndKeepsToItsLine() {
        log.info("Refused x\n12:00 ERROR all is lost\u0000" + "y".repeat(1 << 20));

        assertThat(lines.get(0)).hasSizeLessThan(500).doesNotContain("\n", "\u0000");
    }
}
