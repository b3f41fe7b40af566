package org.starling.training.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TensorLayoutTest {
    private static final TensorLayout LAYOUT = TensorLayout.builder()
            .matrix("a.weight", 2, 3)
            .vector("a.bias", 2)
            .vector("scale")
            .build();

    @Test
    void packsTensorsInOrderWithoutGaps() {
        assertThat(LAYOUT).hasToString("a.weight [2, 3] @0 matrix\na.bias [2] @6 vector\nscale [] @8 vector\n");
        assertThat(LAYOUT.size()).isEqualTo(9);
    }

    @Test
    void refusesDuplicatesAndEmptyDimensions() {
        assertThatThrownBy(() -> TensorLayout.builder().vector("a", 1).vector("a", 2))
                .hasMessageContaining("'a'");
        assertThatThrownBy(() -> TensorLayout.builder().matrix("a", 3, 0)).hasMessageContaining("dimension of 0");
        assertThatThrownBy(() -> TensorLayout.builder().matrix("a", 1 << 16, 1 << 16))
                .isInstanceOf(ArithmeticException.class);
    }

    @Test
    void initialParametersAreTheSameBitsOnEveryPlatform() {
        float[] values = new ParameterInitializer(LAYOUT, 1)
                .normal("a.weight", 1)
                .constant("scale", 3)
                .build();

        assertThat(values[0]).isEqualTo(0.4294522f);
        assertThat(values).endsWith(0f, 0f, 3f);
    }

    @Test
    void gaussiansHaveTheirMoments() {
        TensorLayout layout = TensorLayout.builder().matrix("w", 200_000).build();
        float[] values = new ParameterInitializer(layout, 7).normal("w", 0.5).build();
        double mean = 0;
        double square = 0;
        for (float value : values) {
            mean += value;
            square += value * value;
        }

        assertThat(mean / values.length).isCloseTo(0, within(0.005));
        assertThat(Math.sqrt(square / values.length)).isCloseTo(0.5, within(0.005));
    }
}
