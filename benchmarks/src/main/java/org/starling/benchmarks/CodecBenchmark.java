package org.starling.benchmarks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.run.AveragingSettings;

/** Encodes and decodes a gradient in parts, as a round does, on one thread. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBenchmark {
    /** Elements of a part by default. */
    static final int PART = AveragingSettings.defaults().partElements();

    /** Normally distributed numbers, their bytes, and a place for the decoded ones. */
    @State(Scope.Thread)
    @NullUnmarked
    public static class Gradient {
        @Param("none")
        public String codec;

        @Param("1")
        public int elements;

        float[] values;
        float[] decoded;
        final List<Part> parts = new ArrayList<>();

        record Part(int offset, int elements, Codec codec, ByteBuffer payload) {
            void encode(float[] values) {
                codec.encode(values, offset, elements, payload.clear());
            }

            void decode(float[] values) {
                codec.decode(payload.rewind(), values, offset, elements);
            }
        }

        @Setup
        public void fill() {
            Random random = new Random(1);
            values = new float[elements];
            decoded = new float[elements];
            for (int i = 0; i < elements; i++) {
                values[i] = (float) random.nextGaussian();
            }
            for (int offset = 0; offset < elements; offset += PART) {
                int length = Math.min(PART, elements - offset);
                Codec chosen = Codec.named(codec);
                ByteBuffer payload =
                        ByteBuffer.allocate(chosen.encodedBytes(length)).order(ByteOrder.LITTLE_ENDIAN);
                parts.add(new Part(offset, length, chosen, payload));
            }
            parts.forEach(part -> part.encode(values));
        }

        /** Distance of the decoded values from the original ones. */
        CodecError error() {
            parts.forEach(part -> part.decode(decoded));
            return CodecError.of(values, decoded);
        }

        long encodedBytes() {
            return parts.stream().mapToLong(part -> part.payload().capacity()).sum();
        }
    }

    @Benchmark
    public void encode(Gradient gradient) {
        gradient.parts.forEach(part -> part.encode(gradient.values));
    }

    @Benchmark
    public void decode(Gradient gradient) {
        gradient.parts.forEach(part -> part.decode(gradient.decoded));
    }

    @Benchmark
    public void both(Gradient gradient) {
        for (Gradient.Part part : gradient.parts) {
            part.encode(gradient.values);
            part.decode(gradient.decoded);
        }
    }

    /** For comparison: the floats as bytes, by a plain copy. Only with the codec {@code none}. */
    @Benchmark
    public void copy(Gradient gradient) {
        for (Gradient.Part part : gradient.parts) {
            part.payload.clear().asFloatBuffer().put(gradient.values, part.offset, part.elements);
        }
    }
}
