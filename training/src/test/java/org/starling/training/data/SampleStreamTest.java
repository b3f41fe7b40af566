package org.starling.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SampleStreamTest {
    @Test
    void everyPassShowsEverySampleOnceInAnotherOrder() {
        SampleStream stream = new SampleStream(100, 1);
        int[] first = stream.next(100);
        int[] second = new int[100];
        for (int i = 0; i < 100; i += 10) {
            System.arraycopy(stream.next(10), 0, second, i, 10);
        }

        assertThat(Arrays.stream(first).sorted().distinct()).hasSize(100);
        assertThat(Arrays.stream(second).sorted().distinct()).hasSize(100);
        assertThat(first).isNotEqualTo(second);
    }

    @Test
    void theSeedDecidesTheOrder() {
        assertThat(new SampleStream(100, 1).next(250)).isEqualTo(new SampleStream(100, 1).next(250));
        assertThat(new SampleStream(100, 1).next(100)).isNotEqualTo(new SampleStream(100, 2).next(100));
        assertThatThrownBy(() -> new SampleStream(0, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
