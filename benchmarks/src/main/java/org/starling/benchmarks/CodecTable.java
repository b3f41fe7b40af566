package org.starling.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was measured of the codecs, as a table in Markdown. */
final class CodecTable {
    private final double copyBytesPerSecond;
    private final List<Row> rows = new ArrayList<>();

    /**
     * One codec; speeds in bytes of float32 a second.
     *
     * @param both speed of encoding and then decoding the same values
     */
    record Row(String codec, double encode, double decode, double both, double bytesPerElement, CodecError error) {}

    /** @param copyBytesPerSecond how fast the same floats are copied to bytes */
    CodecTable(double copyBytesPerSecond) {
        this.copyBytesPerSecond = copyBytesPerSecond;
    }

    void add(Row row) {
        rows.add(row);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("""
                | codec | encode, GB/s | decode, GB/s | both, GB/s | both, of a copy | bytes a value | greatest error | RMS error |
                | --- | --- | --- | --- | --- | --- | --- | --- |
                """);
        for (Row row : rows) {
            text.append(String.format(
                    Locale.ROOT,
                    "| `%s` | %.2f | %.2f | %.2f | %.0f %% | %.4f | %s | %s |%n",
                    row.codec(),
                    row.encode() / 1e9,
                    row.decode() / 1e9,
                    row.both() / 1e9,
                    100 * row.both() / copyBytesPerSecond,
                    row.bytesPerElement(),
                    share(row.error().greatest()),
                    share(row.error().rootMeanSquare())));
        }
        return text.append(String.format(
                        Locale.ROOT,
                        "%nA plain copy of the floats to bytes: %.2f GB/s. One thread, best of five; gigabytes (10^9 bytes) of float32.%n"
                                + "Errors on normally distributed values, relative to their standard deviation.%n",
                        copyBytesPerSecond / 1e9))
                .toString();
    }

    private static String share(double error) {
        return error == 0 ? "0" : String.format(Locale.ROOT, "%.2g %%", 100 * error);
    }
}
