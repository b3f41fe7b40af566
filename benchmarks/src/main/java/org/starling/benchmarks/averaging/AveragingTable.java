package org.starling.benchmarks.averaging;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was measured of the averaging, as a table in Markdown. */
final class AveragingTable {
    private static final double MEBI = 1 << 20;

    private final List<Rig.Measurement> rows = new ArrayList<>();

    void add(Rig.Measurement row) {
        rows.add(row);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("""
                | peers | parameters | codec | s a round | MB a peer | MB/s a peer | of bare TLS | CPU s/GB | of bare TLS | MiB a peer |
                | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
                """);
        for (Rig.Measurement row : rows) {
            double bytesOfPeer = (double) row.bytes() / row.setup().peers();
            text.append(String.format(
                    Locale.ROOT,
                    "| %d | %,d | `%s` | %.3f | %.2f | %.1f | %.0f %% | %.2f | %.1f x | %.0f |%n",
                    row.setup().peers(),
                    row.setup().elements(),
                    row.setup().codec(),
                    row.seconds(),
                    bytesOfPeer / 1e6,
                    bytesOfPeer / 1e6 / row.seconds(),
                    100 * row.bareSeconds() / row.seconds(),
                    row.cpuSeconds() / (row.bytes() / 1e9),
                    row.cpuSeconds() / row.bareCpuSeconds(),
                    beyondResult(row) / MEBI));
        }
        return text.append("""

                        From the manifest to the last peer's commit, median. MB (10^6 bytes) are what a peer sends; it receives as much.
                        Bare TLS: as many connections of the same provider carry the same bytes both ways, copied from an array and thrown
                        away. MiB a peer: the most memory, heap and direct, beyond the peer's gradient and the floats of its result.
                        """).toString();
    }

    private static double beyondResult(Rig.Measurement row) {
        return row.peakBytes() - (double) row.setup().elements() * Float.BYTES;
    }
}
