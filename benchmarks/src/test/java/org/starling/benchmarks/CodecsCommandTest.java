package org.starling.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.starling.swarm.compression.Codec;

class CodecsCommandTest extends BenchmarkCommand {
    @Test
    void theTableHasARowForEachCodec() {
        assertThat(execute("codecs", "--elements", "4096", "--iteration", "1", "--forks", "0"))
                .as("%s", err)
                .isZero();

        List<List<String>> rows = out.toString()
                .lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> List.of(line.substring(2).split(" \\| ")))
                .toList();
        assertThat(rows).hasSize(Codec.ALL.size());
        for (int i = 0; i < rows.size(); i++) {
            List<String> row = rows.get(i);
            assertThat(row).hasSize(8);
            assertThat(row.get(0)).isEqualTo("`" + Codec.names().get(i) + "`");
            assertThat(Double.parseDouble(row.get(1))).isPositive();
            assertThat(Double.parseDouble(row.get(2))).isPositive();
            assertThat(Double.parseDouble(row.get(3))).isPositive();
        }
        assertThat(rows.get(0)).endsWith("4.0000", "0", "0 |");
        assertThat(rows.get(4).get(5)).isEqualTo("0.5313");
    }

    @Test
    void wrongArgumentsAreTold() {
        assertThat(execute("codecs", "--codec", "zip")).isEqualTo(2);
        assertThat(err.toString()).contains("--codec must be of none, float16");
        assertThat(execute()).isEqualTo(2);
        assertThat(err.toString()).contains("Say which benchmark: averaging, ban, codecs, latency, memory or tokens.");
    }

    @Test
    void errorsAreRelativeToTheRootMeanSquare() {
        CodecError error = CodecError.of(new float[] {3, 4, 3, 4}, new float[] {3, 4, 3, 5});

        assertThat(error.greatest()).isEqualTo(1 / Math.sqrt(12.5));
        assertThat(error.rootMeanSquare()).isEqualTo(0.5 / Math.sqrt(12.5));
    }
}
