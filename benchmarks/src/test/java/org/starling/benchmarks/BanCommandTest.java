package org.starling.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BanCommandTest extends BenchmarkCommand {
    @Test
    void theRowSaysHowLongTheBannedStayedConnected() {
        assertThat(execute("ban", "--peers", "4", "--bans", "1")).as("%s", err).isZero();

        List<String> row = out.toString()
                .lines()
                .filter(line -> line.startsWith("| 4 "))
                .map(line -> List.of(line.substring(2).split(" \\| ")))
                .findFirst()
                .orElseThrow();
        assertThat(row).hasSize(7);
        assertThat(Integer.parseInt(row.get(2))).isBetween(2, 3);
        assertThat(Double.parseDouble(row.get(5).replace(" s", ""))).isPositive();
    }

    @Test
    void thoseWhoAreLeftMustBeASwarm() {
        assertThat(execute("ban", "--peers", "4", "--bans", "3")).isEqualTo(2);
        assertThat(err.toString()).contains("leave two peers that are not banned");
    }
}
