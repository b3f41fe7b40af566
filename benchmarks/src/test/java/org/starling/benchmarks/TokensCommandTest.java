package org.starling.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TokensCommandTest extends BenchmarkCommand {
    @Test
    void theTableHasARowForEachCost() {
        assertThat(execute("tokens", "--iteration", "1", "--forks", "0"))
                .as("%s", err)
                .isZero();

        List<List<String>> rows = out.toString()
                .lines()
                .filter(line -> line.startsWith("| ") && line.endsWith("% |"))
                .map(line -> List.of(line.substring(2).split(" \\| ")))
                .toList();
        assertThat(rows).hasSize(5);
        assertThat(rows)
                .allSatisfy(row -> assertThat(Double.parseDouble(row.get(1))).isGreaterThanOrEqualTo(0));
    }

    @Test
    void wrongArgumentsAreTold() {
        assertThat(execute("tokens", "--auth", "http://127.0.0.1:1")).isEqualTo(2);
        assertThat(err.toString()).contains("--auth needs --run and --hub-token");
    }
}
