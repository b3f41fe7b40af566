package org.starling.swarm.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CodebookTest {
    @Test
    void theDynamicTreeIsThatOfThePaper() {
        float[] values = Blockwise8Codec.CODEBOOK.values();

        assertThat(values).hasSize(256).isSorted().doesNotHaveDuplicates();
        // as the authors' create_dynamic_map(signed=True, max_exponent_bits=7, total_bits=8) makes them
        assertThat(values[127]).isZero();
        assertThat(values[128]).isEqualTo(5.5e-7f);
        assertThat(values[129]).isEqualTo(3.25e-6f);
        assertThat(values[130]).isEqualTo(7.75e-6f);
        assertThat(values[254]).isEqualTo(0.99296875f);
        assertThat(values[255]).isEqualTo(1f);
        assertThat(values[0]).isEqualTo(-0.99296875f);
        for (int i = 1; i <= 127; i++) {
            assertThat(values[127 - i]).isEqualTo(-values[127 + i]);
        }
    }

    @Test
    void findsTheNearestValue() {
        Codebook book = Blockwise8Codec.CODEBOOK;
        float[] values = book.values();
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            int index = random.nextInt(255);
            float middle = (values[index] + values[index + 1]) / 2;
            requireNearest(book, (float) StrictMath.pow(random.nextFloat(), 8) * (random.nextBoolean() ? 1 : -1));
            requireNearest(book, middle + (random.nextInt(3) - 1) * Math.ulp(middle));
        }
        for (float edge : new float[] {0f, -0f, 1f, -1f, 1.0078f, -1.0078f, Float.MIN_VALUE, -Float.MIN_VALUE}) {
            requireNearest(book, edge);
        }
    }

    private static void requireNearest(Codebook book, float number) {
        double least = Double.MAX_VALUE;
        for (float value : book.values()) {
            least = Math.min(least, Math.abs((double) value - number));
        }
        double found = Math.abs((double) book.values()[book.nearest(number)] - number);
        // a middle between two values is rounded to a float
        assertThat(found).as("%s", number).isLessThanOrEqualTo(least + Math.ulp(number));
    }

    @Test
    void valuesThatItCouldNotTellApartAreRefused() {
        assertThatThrownBy(() -> new Codebook(new float[] {-1, 0, 0.5f, 0.501f, 0.502f, 1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("too close");
    }
}
