package org.starling.training.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingStateTest {
    @Test
    void canonicalBytesAreStepSizeParametersSlotsInLittleEndian() {
        TrainingState state =
                TrainingState.of(258, new float[] {1f, -2f}, new float[] {0.5f, 0f}, new float[] {3f, 4f});

        assertThat(HexFormat.of().formatHex(bytes(state)))
                .isEqualTo("0201000000000000" + "0200000000000000" + "0000803f" + "000000c0" + "0000003f" + "00000000"
                        + "00004040" + "00008040");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anyRangeReadsTheSameBytesAsTheWhole(long seed) {
        Random random = new Random(seed);
        TrainingState state = randomState(random, 1 + random.nextInt(50));
        byte[] whole = bytes(state);
        for (int i = 0; i < 200; i++) {
            int begin = random.nextInt(whole.length + 1);
            int length = random.nextInt(whole.length - begin + 1);
            ByteBuffer target = ByteBuffer.allocate(length + 3).position(1).limit(1 + length);

            state.read(begin, target);

            assertThat(target.remaining()).isZero();
            assertThat(target.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
            byte[] expected = new byte[length + 3];
            System.arraycopy(whole, begin, expected, 1, length);
            assertThat(target.array()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void rangesInAnyOrderAssembleToAnEqualState(long seed) {
        Random random = new Random(seed);
        TrainingState state = randomState(random, 1 + random.nextInt(50));
        byte[] whole = bytes(state);
        List<int[]> ranges = new ArrayList<>();
        for (int begin = 0; begin < whole.length; ) {
            int end = Math.min(whole.length, begin + 4 * (1 + random.nextInt(9)));
            ranges.add(new int[] {begin, end});
            begin = end;
        }
        Collections.shuffle(ranges, random);
        TrainingState.Assembler assembler = new TrainingState.Assembler(state.size(), 2);
        ranges.forEach(range -> assembler.write(range[0], ByteBuffer.wrap(whole, range[0], range[1] - range[0])));

        assertThat(assembler.finish()).isEqualTo(state);
    }

    @Test
    void refusesBytesThatAreNoStateOfThisModel() {
        byte[] good = bytes(randomState(new Random(1), 3));

        assertThatThrownBy(() -> assemble(good.clone(), 4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TrainingState.Assembler(3, 2).finish()).hasMessageContaining("0 were written");
        byte[] otherSize = good.clone();
        otherSize[8] = 9;
        assertThatThrownBy(() -> assemble(otherSize, 3)).hasMessageContaining("a model with 9 parameters");
        byte[] negativeStep = good.clone();
        negativeStep[7] = -1;
        assertThatThrownBy(() -> assemble(negativeStep, 3)).hasMessageContaining("negative");
        byte[] infinite = good.clone();
        ByteBuffer.wrap(infinite).order(ByteOrder.LITTLE_ENDIAN).putFloat(20, Float.NEGATIVE_INFINITY);
        assertThatThrownBy(() -> assemble(infinite, 3))
                .hasMessage("parameters must be finite, but value 1 is -Infinity");
        assertThatThrownBy(() -> new TrainingState.Assembler(3, 2).write(2, ByteBuffer.allocate(4)))
                .hasMessageContaining("multiple of 4");
        assertThatThrownBy(() -> new TrainingState.Assembler(3, 2).write(48, ByteBuffer.allocate(8)))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static TrainingState assemble(byte[] bytes, int n) {
        TrainingState.Assembler assembler = new TrainingState.Assembler(n, 2);
        assembler.write(0, ByteBuffer.wrap(bytes));
        return assembler.finish();
    }

    private static TrainingState randomState(Random random, int n) {
        return TrainingState.of(random.nextInt(1000), values(random, n), values(random, n), values(random, n));
    }

    private static float[] values(Random random, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static byte[] bytes(TrainingState state) {
        byte[] bytes = new byte[(int) state.byteLength()];
        state.read(0, ByteBuffer.wrap(bytes));
        return bytes;
    }
}
