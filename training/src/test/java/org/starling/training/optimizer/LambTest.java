package org.starling.training.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.starling.training.tensor.ParameterInitializer;
import org.starling.training.tensor.TensorLayout;

class LambTest {
    private static final TensorLayout LAYOUT = TensorLayout.builder()
            .matrix("weight", 37, 19)
            .vector("bias", 37)
            .matrix("head", 11, 37)
            .build();
    private static final OptimizerSettings SETTINGS =
            OptimizerSettings.ofOriginalRun().withSchedule(0.01, 3, 6, 0.1);

    /** A change of this digest on one platform only means that replicas there would fork; on all, that the maths changed. */
    @Test
    void takesTheSameStepsBitForBitOnEveryPlatform() throws Exception {
        Lamb lamb = new Lamb(SETTINGS, LAYOUT);
        TrainingState state = TrainingState.initial(initialParameters(), 2);
        for (int i = 0; i < 8; i++) {
            lamb.step(state, gradient(i), state);
        }
        byte[] bytes = new byte[(int) state.byteLength()];
        state.read(0, ByteBuffer.wrap(bytes));

        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)))
                .isEqualTo("cfb6796d780d7b77256eb0b4336bcc0f70a63ae1289c90a964a9ad50a2bb15c9");
    }

    @Test
    void followsThePaper() {
        TensorLayout layout =
                TensorLayout.builder().matrix("w", 2).vector("b", 1).build();
        OptimizerSettings settings = new OptimizerSettings(0.1, 0, 0, 0, 0.5, 0.9, 0.96, 1e-6, 0.045, 100, 1e4);
        TrainingState from = TrainingState.initial(new float[] {3, -4, 1}, 2);
        TrainingState into = from.copy();

        Optimizer.StepReport report = new Lamb(settings, layout).step(from, new float[] {1, 2, -2}, into);

        double unit = 0.1 / Math.sqrt(0.04);
        double r0 = unit + 0.045 * 3;
        double r1 = unit - 0.045 * 4;
        double trust = 5 / Math.hypot(r0, r1);
        assertThat(into.parameters()[0]).isCloseTo((float) (3 - 0.1 * trust * r0), within(1e-5f));
        assertThat(into.parameters()[1]).isCloseTo((float) (-4 - 0.1 * trust * r1), within(1e-5f));
        assertThat(into.parameters()[2]).isCloseTo((float) (1 + 0.5 * 0.1 * unit), within(1e-5f));
        assertThat(into.slot(0)).containsExactly(new float[] {0.1f, 0.2f, -0.2f}, within(1e-6f));
        assertThat(into.slot(1)).containsExactly(new float[] {0.04f, 0.16f, 0.16f}, within(1e-6f));
        assertThat(into.step()).isEqualTo(1);
        assertThat(from.step()).isZero();
        assertThat(from.slot(0)).containsOnly(0f);
        assertThat(report.gradientNorm()).isEqualTo(3);
        assertThat(report.updateNorm())
                .isCloseTo(Math.sqrt(0.1 * 5 * 0.1 * 5 + 0.05 * unit * 0.05 * unit), within(1e-5));
    }

    @Test
    void clipsTheGradientByItsNorm() {
        TrainingState small = TrainingState.initial(initialParameters(), 2);
        TrainingState large = small.copy();
        float[] gradient = gradient(0);
        float[] hundredfold = gradient.clone();
        for (int i = 0; i < gradient.length; i++) {
            hundredfold[i] *= 128;
        }
        Lamb lamb = new Lamb(SETTINGS, LAYOUT);

        double norm = lamb.step(small, gradient, small).gradientNorm();
        lamb.step(large, hundredfold, large);

        assertThat(norm).isGreaterThan(SETTINGS.maxGradientNorm());
        assertThat(large.slot(0)).containsExactly(small.slot(0), within(1e-6f));
    }

    @Test
    void steppingInPlaceAndIntoAnotherBufferAgree() {
        Lamb lamb = new Lamb(SETTINGS, LAYOUT);
        TrainingState first = TrainingState.initial(initialParameters(), 2);
        TrainingState other = first.copy();
        TrainingState inPlace = first.copy();
        for (int i = 0; i < 4; i++) {
            lamb.step(i % 2 == 0 ? first : other, gradient(i), i % 2 == 0 ? other : first);
            lamb.step(inPlace, gradient(i), inPlace);
        }

        assertThat(first).isEqualTo(inPlace);
    }

    @Test
    void refusesAGradientThatIsNotFiniteAndLeavesTheStateAlone() {
        TrainingState state = TrainingState.initial(initialParameters(), 2);
        TrainingState before = state.copy();
        float[] gradient = gradient(0);
        gradient[5] = Float.NaN;

        assertThatThrownBy(() -> new Lamb(SETTINGS, LAYOUT).step(state, gradient, state))
                .hasMessageContaining("not finite");
        assertThatThrownBy(() -> new Lamb(SETTINGS, LAYOUT).step(state, new float[1], state))
                .hasMessageContaining("a gradient of 1");
        assertThat(state).isEqualTo(before);
    }

    @Test
    void scheduleWarmsUpAndDecays() {
        assertThat(SETTINGS.learningRateAt(1)).isCloseTo(0.01 / 3, within(1e-12));
        assertThat(SETTINGS.learningRateAt(3)).isEqualTo(0.01);
        assertThat(SETTINGS.learningRateAt(6)).isCloseTo(0.001, within(1e-12));
        assertThat(SETTINGS.learningRateAt(600)).isCloseTo(0.001, within(1e-12));
        assertThat(SETTINGS.withSchedule(0.01, 0, 0, 0).learningRateAt(1_000_000))
                .isEqualTo(0.01);
    }

    private static float[] initialParameters() {
        return new ParameterInitializer(LAYOUT, 42)
                .normal("weight", 0.2)
                .constant("bias", 0.125f)
                .normal("head", 1)
                .build();
    }

    private static float[] gradient(int step) {
        return new ParameterInitializer(LAYOUT, 1000 + step)
                .normal("weight", 0.5)
                .normal("bias", 2)
                .normal("head", 0.1)
                .build();
    }
}
