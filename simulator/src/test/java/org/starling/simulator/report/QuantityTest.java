package org.starling.simulator.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 s",
        "0.0004, 0.4 ms",
        "0.012, 12.0 ms",
        "0.4, 400 ms",
        "0.9999, 1.00 s",
        "59.96, 60.0 s",
        "125, 2 min 5 s",
        "7200, 2 h",
        "9000, 2 h 30 min",
        "86400, 24 h",
        "183600, 2 d 3 h",
        "-2, -2.00 s"
    })
    void timesHaveTheUnitThatFits(double seconds, String written) {
        assertThat(Quantity.seconds(seconds)).isEqualTo(written);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "812, 812 B", "999.6, 1.00 kB", "1234, 1.23 kB", "12345, 12.3 kB", "123456789, 123 MB"})
    void sizesHaveTheUnitThatFits(double bytes, String written) {
        assertThat(Quantity.bytes(bytes)).isEqualTo(written);
    }

    @Test
    void axesHaveRoundTicks() {
        assertThat(Axis.ofTime(1800, 7).ticks()).containsExactly(0.0, 300.0, 600.0, 900.0, 1200.0, 1500.0, 1800.0);
        assertThat(Axis.ofTime(86_400, 7).ticks()).hasSize(5).endsWith(86_400.0);
        assertThat(Axis.ofValues(37, 4, true, Quantity::number).ticks()).containsExactly(0.0, 10.0, 20.0, 30.0, 40.0);
        assertThat(Axis.ofValues(1, 4, true, Quantity::number).ticks()).containsExactly(0.0, 1.0);
        assertThat(Axis.ofValues(0, 4, false, Quantity::number).ticks()).hasSizeGreaterThan(1);
    }
}
