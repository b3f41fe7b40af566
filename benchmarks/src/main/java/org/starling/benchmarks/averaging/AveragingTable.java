package org.starling.benchmarks.averaging;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

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
                | peers | parameters | codec | link | s a round | MB a peer | MB/s a peer | of the link | of bare TLS | of the least | CPU s/GB | CPU, of bare TLS | MiB a peer |
                | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
                """);
        for (Rig.Measurement row : rows) {
            Links.@Nullable Shape link = row.setup().link();
            double bytesOfPeer = (double) row.bytes() / row.setup().peers();
            text.append(String.format(
                    Locale.ROOT,
                    "| %d | %,d | `%s` | %s | %.3f | %.2f | %.1f | %s | %.0f %% | %.0f %% | %.2f | %s | %s |%n",
                    row.setup().peers(),
                    row.setup().elements(),
                    row.setup().codec(),
                    link == null ? "loopback" : link.name(),
                    row.seconds(),
                    bytesOfPeer / 1e6,
                    bytesOfPeer / 1e6 / row.seconds(),
                    link == null
                            ? ""
                            : String.format(
                                    Locale.ROOT, "%.0f %%", 100 * bytesOfPeer / row.seconds() / link.bytesPerSecond()),
                    100 * row.bareSeconds() / row.seconds(),
                    100 * (row.bareSeconds() + row.leastWorkSeconds()) / row.seconds(),
                    row.cpuSeconds() / (row.bytes() / 1e9),
                    // of little the clock of the processor's time says nothing
                    row.bareCpuSeconds() > 0
                            ? String.format(Locale.ROOT, "%.1f x", row.cpuSeconds() / row.bareCpuSeconds())
                            : "",
                    row.memoryOfPeer().isPresent()
                            ? String.format(
                                    Locale.ROOT, "%.0f", row.memoryOfPeer().getAsLong() / MEBI)
                            : ""));
        }
        return text.append("""

                        From the manifest to the last peer's commit, median. MB (10^6 bytes) are what a peer sends; it receives as much.
                        Bare TLS: as many connections of the same provider carry the same bytes both ways, copied from an array and thrown
                        away, without a link. The least: bare TLS, and then the codec, the sums and the digests of such a round, by as many threads
                        as there are processors. MiB a peer: the most that the process held in one more round, on the heap beyond what was there
                        before and outside it, in use or kept by pools, less the floats of the results, shared by the peers.
                        """).toString();
    }
}
