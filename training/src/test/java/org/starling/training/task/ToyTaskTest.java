package org.starling.training.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starling.training.backend.BackendSettings;
import org.starling.training.backend.Losses;
import org.starling.training.optimizer.Optimizer;
import org.starling.training.optimizer.TrainingState;
import org.starling.training.settings.InvalidSettingException;

class ToyTaskTest {
    private final TrainingTask task = TrainingTasks.create("toy", Map.of());

    @Test
    void learnsMoreThanFrequencies() {
        Optimizer optimizer = task.newOptimizer();
        TrainingState state = task.initialState();
        float[] gradient = new float[task.layout().size()];
        try (TrainingSession session = task.open(new BackendSettings(1), 5)) {
            for (int epoch = 0; epoch < 150; epoch++) {
                session.loadParameters(state.parameters());
                session.accumulate(task.batchSizes().target());
                long samples = session.drainGradient(gradient);
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] /= samples;
                }
                optimizer.step(state, gradient, state);
            }
            session.loadParameters(state.parameters());
            double frequencies = task.baselines().get(0).metric();
            assertThat(frequencies).isBetween(1.0, Math.log(3));
            assertThat(session.evaluate(1000).metric()).isLessThan(0.7 * frequencies);
        }
    }

    @Test
    void drainsTheSumOfGradientsAndStartsAgain() {
        float[] parameters = task.initialParameters();
        float[] together = new float[parameters.length];
        float[] first = new float[parameters.length];
        float[] second = new float[parameters.length];
        try (TrainingSession one = task.open(new BackendSettings(1), 3);
                TrainingSession two = task.open(new BackendSettings(1), 3)) {
            one.loadParameters(parameters);
            two.loadParameters(parameters);
            one.accumulate(6);
            one.accumulate(4);
            assertThat(one.drainGradient(together)).isEqualTo(10);
            two.accumulate(6);
            assertThat(two.drainGradient(first)).isEqualTo(6);
            two.accumulate(4);
            assertThat(two.drainGradient(second)).isEqualTo(4);
            for (int i = 0; i < together.length; i++) {
                assertThat(together[i]).isCloseTo(first[i] + second[i], within(1e-5f));
            }
            assertThat(one.drainGradient(together)).isZero();
            assertThat(together).containsOnly(0f);
        }
    }

    @Test
    void gradientIsTheDerivativeOfTheObjective() {
        float[] parameters = task.initialParameters();
        float[] gradient = new float[parameters.length];
        accumulated(parameters, gradient);
        float h = 1e-3f;
        for (int i = 0; i < parameters.length; i++) {
            float[] moved = parameters.clone();
            moved[i] = parameters[i] + h;
            double above = accumulated(moved, new float[gradient.length]).objective();
            moved[i] = parameters[i] - h;
            double below = accumulated(moved, new float[gradient.length]).objective();
            assertThat(gradient[i] / 20).isCloseTo((float) ((above - below) / (2 * h)), within(1e-3f));
        }
    }

    @Test
    void drawsAMapOfDecisions() {
        try (TrainingSession session = task.open(new BackendSettings(1), 3)) {
            session.loadParameters(task.initialParameters());
            assertThat(session.draw(List.of("a", "b"), TrainingSession.Sampling.withSeed(1)))
                    .hasSize(2)
                    .allSatisfy(image -> assertThat(image.getWidth()).isEqualTo(32));
        }
    }

    @Test
    void unknownTasksAndSettingsAreRefusedWithWhatIsKnown() {
        assertThatThrownBy(() -> TrainingTasks.create("dall-f", Map.of()))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("unknown task 'dall-f'; known are ")
                .hasMessageContaining("toy");
        assertThatThrownBy(() -> TrainingTasks.create("toy", Map.of("optimiser.learning-rate", "1")))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("task toy: unknown setting optimiser.learning-rate; known are data.samples, ");
        assertThatThrownBy(() -> TrainingTasks.create("toy", Map.of("optimizer.learning-rate", "fast")))
                .hasMessage("task toy: setting optimizer.learning-rate must be a number, not 'fast'");
    }

    @Test
    void equalSettingsGiveEqualBits() {
        assertThat(TrainingTasks.create("toy", task.settings()).initialParameters())
                .isEqualTo(task.initialParameters());
        assertThat(TrainingTasks.create("toy", Map.of("seed", "2")).initialParameters())
                .isNotEqualTo(task.initialParameters());
    }

    private Losses accumulated(float[] parameters, float[] gradient) {
        try (TrainingSession session = task.open(new BackendSettings(1), 3)) {
            session.loadParameters(parameters);
            Losses losses = session.accumulate(20);
            session.drainGradient(gradient);
            return losses;
        }
    }
}
