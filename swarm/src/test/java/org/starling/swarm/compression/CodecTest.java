package org.starling.swarm.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CodecTest {
    static Stream<Arguments> codecsAndSeeds() {
        return Codec.ALL.stream().flatMap(codec -> Stream.of(1, 2, 3, 4, 5).map(seed -> Arguments.of(codec, seed)));
    }

    @ParameterizedTest
    @MethodSource("codecsAndSeeds")
    void decodesWithinTheErrorBound(Codec codec, int seed) {
        Random random = new Random(seed);
        int elements = 1 + random.nextInt(3 * Blockwise8Codec.BLOCK);
        int offset = random.nextInt(10);
        float[] source = new float[elements + offset];
        float magnitude = (float) Math.pow(10, random.nextInt(12) - 8);
        for (int i = 0; i < source.length; i++) {
            source[i] = (float) random.nextGaussian() * magnitude;
        }
        float[] decoded = new float[source.length];

        byte[] bytes = codec.encode(source, offset, elements);
        codec.decode(ByteBuffer.wrap(bytes), decoded, offset, elements);

        assertThat(bytes).hasSize(codec.encodedBytes(elements));
        for (int block = 0; block < elements; block += Blockwise8Codec.BLOCK) {
            int end = Math.min(block + Blockwise8Codec.BLOCK, elements);
            float maximum = 0;
            for (int i = block; i < end; i++) {
                maximum = Math.max(maximum, Math.abs(source[offset + i]));
            }
            float bound = codec.name().equals("none") ? 0 : Blockwise8Codec.MAX_RELATIVE_ERROR * maximum;
            for (int i = block; i < end; i++) {
                assertThat(Math.abs(decoded[offset + i] - source[offset + i])).isLessThanOrEqualTo(bound);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("codecsAndSeeds")
    void whatWasDecodedEncodesToTheSameBytes(Codec codec, int seed) {
        float[] source = new float[5000];
        Random random = new Random(seed);
        for (int i = 0; i < source.length; i++) {
            source[i] = random.nextFloat() - 0.5f;
        }
        byte[] bytes = codec.encode(source, 0, source.length);
        float[] decoded = new float[source.length];
        codec.decode(ByteBuffer.wrap(bytes), decoded, 0, source.length);
        float[] again = new float[source.length];

        codec.decode(ByteBuffer.wrap(codec.encode(decoded, 0, decoded.length)), again, 0, again.length);

        assertThat(again).usingComparatorWithPrecision(0.008f).containsExactly(decoded);
    }

    @Test
    void theDynamicTreeHas256DistinctValuesUpToOne() {
        float[] values = Blockwise8Codec.VALUES;
        assertThat(values).hasSize(256).isSorted().doesNotHaveDuplicates().contains(0f, 1f);
        float widest = 0;
        for (int i = 1; i < values.length; i++) {
            widest = Math.max(widest, values[i] - values[i - 1]);
        }
        assertThat(widest / 2).isLessThan(Blockwise8Codec.MAX_RELATIVE_ERROR);
    }

    @Test
    void zerosAndTheSmallestNumbersStayFinite() {
        float[] source = {0f, -0f, Float.MIN_VALUE, -Float.MIN_NORMAL, 0f};
        float[] decoded = new float[source.length];
        Codec codec = Codec.named("blockwise8");

        codec.decode(ByteBuffer.wrap(codec.encode(source, 0, 5)), decoded, 0, 5);

        for (float value : decoded) {
            assertThat(Math.abs(value)).isLessThanOrEqualTo(Float.MIN_NORMAL);
        }
    }

    @ParameterizedTest
    @MethodSource("codecsAndSeeds")
    void refusesWhatNoEncoderMakes(Codec codec, int seed) {
        float[] target = new float[10];
        assertThatThrownBy(() -> codec.decode(ByteBuffer.allocate(seed), target, 0, 10))
                .isInstanceOf(InvalidPayloadException.class);
        byte[] notFinite = new byte[codec.encodedBytes(10)];
        Arrays.fill(notFinite, (byte) 0xff);
        assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(notFinite), target, 0, 10))
                .isInstanceOf(InvalidPayloadException.class);
    }

    @Test
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> Codec.named("zip")).hasMessageContaining("zip").hasMessageContaining("blockwise8");
    }
}
