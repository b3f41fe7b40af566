package org.starling.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class AveragingCommandTest extends BenchmarkCommand {
    @Test
    void theTableHasARowForEachSetup() {
        assertThat(execute(
                        "averaging",
                        "--peers",
                        "2,3",
                        "--parameters",
                        "1000,300000",
                        "--codec",
                        "none,blockwise8",
                        "--rounds",
                        "1"))
                .as("%s", err)
                .isZero();

        List<List<String>> rows = out.toString()
                .lines()
                .filter(line -> line.contains("`"))
                .map(line -> List.of(line.substring(2).split(" \\| ")))
                .toList();
        assertThat(rows).hasSize(8);
        assertThat(rows).extracting(row -> row.get(0)).containsExactly("2", "2", "2", "2", "3", "3", "3", "3");
        assertThat(rows).extracting(row -> row.get(2)).startsWith("`none`", "`blockwise8`");
        // a peer sends half of 300,000 floats to the other, and the mean of its own half
        assertThat(Double.parseDouble(rows.get(2).get(5))).isBetween(1.2, 1.21);
        assertThat(Double.parseDouble(rows.get(3).get(5))).isBetween(0.3, 0.31);
        // of three a quorum is there before the last; it sends and fetches nothing twice for that
        assertThat(Double.parseDouble(rows.get(6).get(5))).isBetween(1.6, 1.61);
    }

    /** Of the row about two peers, without units. */
    private String[] cells() {
        String row = out.toString()
                .lines()
                .filter(line -> line.startsWith("| 2 |"))
                .findFirst()
                .orElseThrow();
        return row.replace(" ms", "").split(" \\| ");
    }

    @Test
    void aLinkIsWhatLimitsItsPeers() {
        assertThat(execute("averaging", "--peers", "2", "--parameters", "300000", "--link", "100mbit", "--rounds", "1"))
                .as("%s", err)
                .isZero();

        // 1.2 MB take a tenth of a second over 12.5 MB/s, however fast the machine is
        assertThat(Double.parseDouble(cells()[4])).isGreaterThan(0.096);
    }

    @Test
    void anEpochIsTimedFromDueToCommitted() {
        assertThat(execute("latency", "--peers", "2", "--epochs", "1", "--warm-up", "0"))
                .as("%s", err)
                .isZero();

        String[] cells = cells();
        assertThat(Double.parseDouble(cells[4])).isGreaterThanOrEqualTo(Double.parseDouble(cells[3]));
    }

    @Test
    void memoryIsThatOfAPeerWithAProcessToItself() {
        assertThat(execute("memory", "--peers", "2", "--parameters", "300000", "--codec", "none", "--rounds", "1"))
                .as("%s", err)
                .isZero();

        String[] cells = cells();
        double greatest = Double.parseDouble(cells[3]);
        assertThat(greatest).isPositive();
        assertThat(Double.parseDouble(cells[4]) + Double.parseDouble(cells[5])).isCloseTo(greatest, within(0.11));
    }

    @Test
    void wrongArgumentsAreTold() {
        assertThat(execute("averaging", "--parameters", "many")).isEqualTo(2);
        assertThat(err.toString()).contains("Parameters must be numbers such as 1000 or 16M, not many");
        assertThat(execute("averaging", "--peers", "1")).isEqualTo(2);
        assertThat(err.toString()).contains("--peers must be from 2 to 64");
        assertThat(execute("memory", "--peers", "17")).isEqualTo(2);
        assertThat(err.toString()).contains("--peers must be from 2 to 16");
    }
}
