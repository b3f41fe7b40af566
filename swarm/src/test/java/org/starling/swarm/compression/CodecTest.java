package org.starling.swarm.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.digest.Hashes;

class CodecTest {
    private static final List<Integer> LENGTHS = List.of(0, 1, 2, 63, 64, 65, 255, 257, 4095, 4096, 4097, 8192, 13_001);

    /** Where numbers come from. */
    private enum Distribution {
        NORMAL {
            @Override
            float next(Random random) {
                return (float) random.nextGaussian();
            }
        },
        TINY_NORMAL {
            @Override
            float next(Random random) {
                return (float) random.nextGaussian() * 1e-20f;
            }
        },
        /** Cauchy: now and then a thousand times the usual. */
        HEAVY_TAILS {
            @Override
            float next(Random random) {
                return (float) StrictMath.tan(StrictMath.PI * (random.nextDouble() - 0.5)) * 1e-5f;
            }
        },
        MANY_ORDERS_OF_MAGNITUDE {
            @Override
            float next(Random random) {
                return Float.intBitsToFloat(
                        random.nextInt(2) << 31 | random.nextInt(255) << 23 | random.nextInt(1 << 23));
            }
        },
        MOSTLY_ZERO {
            @Override
            float next(Random random) {
                return random.nextInt(50) == 0 ? random.nextFloat() - 0.5f : random.nextBoolean() ? 0f : -0f;
            }
        },
        ALL_ZERO {
            @Override
            float next(Random random) {
                return 0;
            }
        },
        CONSTANT {
            @Override
            float next(Random random) {
                return -0.3f;
            }
        },
        SUBNORMAL {
            @Override
            float next(Random random) {
                return Float.intBitsToFloat(random.nextInt(2) << 31 | random.nextInt(1 << 23));
            }
        },
        NEARLY_SUBNORMAL {
            @Override
            float next(Random random) {
                return (float) random.nextGaussian() * Float.MIN_NORMAL;
            }
        },
        GREATEST {
            @Override
            float next(Random random) {
                float magnitude = Float.intBitsToFloat(
                        Float.floatToRawIntBits(Float.MAX_VALUE) - random.nextInt(4) * random.nextInt(1 << 16));
                return random.nextBoolean() ? magnitude : -magnitude;
            }
        };

        abstract float next(Random random);

        float[] vector(Random random, int elements) {
            float[] values = new float[elements];
            for (int i = 0; i < elements; i++) {
                values[i] = next(random);
            }
            return values;
        }
    }

    static Stream<Codec> codecs() {
        return Codec.ALL.stream();
    }

    static Stream<Arguments> codecsAndDistributions() {
        return codecs().flatMap(codec -> Stream.of(Distribution.values()).map(d -> Arguments.of(codec.name(), d)));
    }

    /** The error that the codec's documentation allows for a value in a block of that greatest magnitude. */
    private static double bound(String codec, double maximum, double value) {
        return switch (codec) {
            case "none" -> 0;
            // a vector of fewer than 2^16+1 elements is a small tensor
            case "float16", "size-adaptive" ->
                Math.max(Float16Codec.MAX_RELATIVE_ERROR * Math.abs(value), Math.max(0x1p-39 * maximum, 0x1p-149));
            case "uniform8" -> Math.max(Uniform8Codec.MAX_RELATIVE_ERROR * maximum, Uniform8Codec.MIN_MAXIMUM);
            case "blockwise8" -> Math.max(Blockwise8Codec.MAX_RELATIVE_ERROR * maximum, Float.MIN_NORMAL);
            case "blockwise4" -> Math.max(Blockwise4Codec.MAX_RELATIVE_ERROR * maximum, Float.MIN_NORMAL);
            default -> throw new IllegalArgumentException(codec);
        };
    }

    private static int block(String codec) {
        return switch (codec) {
            case "uniform8" -> Uniform8Codec.BLOCK;
            case "blockwise4" -> Blockwise4Codec.BLOCK;
            default -> 4096;
        };
    }

    @ParameterizedTest
    @MethodSource("codecsAndDistributions")
    void decodesWithinTheErrorBound(String name, Distribution distribution) {
        Codec codec = Codec.named(name);
        for (int seed = 1; seed <= LENGTHS.size(); seed++) {
            Random random = new Random(seed);
            int elements = LENGTHS.get(seed - 1);
            int offset = random.nextInt(10);
            float[] source = distribution.vector(random, offset + elements);
            float[] decoded = new float[offset + elements];

            byte[] bytes = codec.encode(source, offset, elements);
            codec.decode(ByteBuffer.wrap(bytes), decoded, offset, elements);

            assertThat(bytes).hasSize(codec.encodedBytes(elements));
            for (int from = offset; from < offset + elements; from += block(name)) {
                int end = Math.min(from + block(name), offset + elements);
                double maximum = 0;
                for (int i = from; i < end; i++) {
                    maximum = Math.max(maximum, Math.abs(source[i]));
                }
                for (int i = from; i < end; i++) {
                    double error = Math.abs((double) decoded[i] - source[i]);
                    if (!(error <= bound(name, maximum, source[i]))) {
                        assertThat(decoded[i])
                                .as("seed %d, element %d of %d, greatest in block %g", seed, i, elements, maximum)
                                .isEqualTo(source[i]);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "none, 4000000, 4",
        "float16, 2000490, 4",
        "uniform8, 1015628, 5",
        "blockwise8, 1000980, 5",
        "blockwise4, 531250, 3"
    })
    void takesThatManyBytes(String name, int million, int single) {
        Codec codec = Codec.named(name);

        assertThat(codec.encodedBytes(1_000_000)).isEqualTo(million);
        assertThat(codec.encodedBytes(1)).isEqualTo(single);
        assertThat(codec.encodedBytes(0)).isZero();
        assertThatThrownBy(() -> Codec.named("none").encodedBytes(1 << 30)).isInstanceOf(ArithmeticException.class);
    }

    /** The same bytes on every machine: whoever changes these changes the wire format. */
    @ParameterizedTest
    @CsvSource({
        "none, 642c5bcae12c45d0",
        "float16, f14e51d8e5e202e7",
        "uniform8, 1fef78015cfbaa8f",
        "blockwise8, 84e2f5143a69220f",
        "blockwise4, b1c5ffc0f4cdbce5",
        "size-adaptive, 1fef78015cfbaa8f"
    })
    void encodesToTheSameBytesEverywhere(String name, String sha256) {
        Random random = new Random(17);
        float[] source = new float[70_000];
        for (int i = 0; i < source.length; i++) {
            source[i] = Distribution.values()[i / 7000].next(random);
        }
        Codec codec = Codec.named(name);

        byte[] bytes = codec.encode(source, 0, source.length);
        float[] decoded = new float[source.length];
        codec.decode(ByteBuffer.wrap(bytes), decoded, 0, decoded.length);

        byte[] exact = Codec.named("none").encode(decoded, 0, decoded.length);
        assertThat(HexFormat.of().formatHex(Hashes.sha256(bytes, exact), 0, 8)).isEqualTo(sha256);
        // by now the loops are compiled
        for (int i = 0; i < 50; i++) {
            assertThat(codec.encode(source, 0, source.length)).isEqualTo(bytes);
            codec.decode(ByteBuffer.wrap(bytes), decoded, 0, decoded.length);
            assertThat(Codec.named("none").encode(decoded, 0, decoded.length)).isEqualTo(exact);
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void anyBufferWillDo(Codec codec) {
        float[] source = Distribution.NORMAL.vector(new Random(3), 9000);
        byte[] expected = codec.encode(source, 7, 8990);
        ByteBuffer array = ByteBuffer.allocate(expected.length + 20).position(4).slice();
        ByteBuffer direct = ByteBuffer.allocateDirect(expected.length + 20);

        for (ByteBuffer buffer : List.of(array, direct)) {
            buffer.position(9);
            codec.encode(source, 7, 8990, buffer);

            assertThat(buffer.position()).isEqualTo(9 + expected.length);
            byte[] written = new byte[expected.length];
            buffer.get(9, written);
            assertThat(written).isEqualTo(expected);
            assertThat(buffer.get(8)).isZero();
            assertThat(buffer.get(9 + expected.length)).isZero();

            float[] fromArray = new float[8992];
            float[] fromThis = new float[8992];
            codec.decode(ByteBuffer.wrap(expected), fromArray, 1, 8990);
            buffer.limit(buffer.position()).position(9);
            codec.decode(buffer.asReadOnlyBuffer(), fromThis, 1, 8990);
            assertThat(fromThis).isEqualTo(fromArray);
            codec.decode(buffer, fromThis, 1, 8990);
            assertThat(fromThis).isEqualTo(fromArray);
            assertThat(buffer.remaining()).isZero();
            assertThat(fromThis[0]).isZero();
            assertThat(fromThis[8991]).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void doesNotWriteWhatDoesNotFit(Codec codec) {
        ByteBuffer target = ByteBuffer.allocate(codec.encodedBytes(10) - 1);

        assertThatThrownBy(() -> codec.encode(new float[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 0, 10, target))
                .isInstanceOf(BufferOverflowException.class);
        assertThat(target.position()).isZero();
        assertThat(target.array()).containsOnly(0);
        assertThatThrownBy(() -> codec.encode(new float[10], 1, 10)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void refusesPayloadsOfAnotherLength(Codec codec) {
        float[] target = new float[10];
        for (int bytes : new int[] {0, codec.encodedBytes(10) - 1, codec.encodedBytes(10) + 1}) {
            assertThatThrownBy(() -> codec.decode(ByteBuffer.allocate(bytes), target, 0, 10))
                    .isInstanceOf(InvalidPayloadException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void whateverComesIsRefusedOrFinite(Codec codec) {
        float[] target = new float[300];
        int refused = 0;
        for (int seed = 0; seed < 2000; seed++) {
            byte[] hostile = new byte[codec.encodedBytes(300)];
            Random random = new Random(seed);
            random.nextBytes(hostile);
            if (seed % 2 == 0) {
                // a plausible header
                byte[] honest = codec.encode(Distribution.values()[seed % 10].vector(random, 300), 0, 300);
                System.arraycopy(honest, 0, hostile, 0, 4);
            }
            try {
                codec.decode(ByteBuffer.wrap(hostile), target, 0, 300);
            } catch (InvalidPayloadException e) {
                refused++;
                continue;
            }
            for (float value : target) {
                assertThat(Float.isFinite(value)).as("seed %d", seed).isTrue();
            }
        }
        assertThat(refused).isPositive();
        byte[] ones = new byte[codec.encodedBytes(300)];
        Arrays.fill(ones, (byte) 0xff);
        assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(ones), target, 0, 300))
                .isInstanceOf(InvalidPayloadException.class);
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void whatIsNotFiniteDoesNotDecode(Codec codec) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] source = Distribution.NORMAL.vector(new Random(8), 5000);
            source[4500] = bad;
            byte[] bytes = codec.encode(source, 0, 5000);

            assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(bytes), source, 0, 5000))
                    .isInstanceOf(InvalidPayloadException.class);
        }
    }

    @Test
    void minus128StepsOfTheGreatestFloatAreTooMany() {
        byte[] bytes = Codec.named("uniform8").encode(new float[] {Float.MAX_VALUE}, 0, 1);
        bytes[4] = Byte.MIN_VALUE;
        ThrowingCallable decode = () -> Codec.named("uniform8").decode(ByteBuffer.wrap(bytes), new float[1], 0, 1);

        assertThatThrownBy(decode).isInstanceOf(InvalidPayloadException.class);
        bytes[4] = Byte.MIN_VALUE + 1;
        assertThatCode(decode).doesNotThrowAnyException();
    }

    @Test
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> Codec.named("zip"))
                .hasMessage("Unknown codec 'zip'; known are"
                        + " [none, float16, uniform8, blockwise8, blockwise4, size-adaptive]");
    }
}
