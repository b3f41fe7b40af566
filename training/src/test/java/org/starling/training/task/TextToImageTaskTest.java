package org.starling.training.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starling.training.backend.BackendSettings;
import org.starling.training.optimizer.Optimizer;
import org.starling.training.optimizer.TrainingState;
import org.starling.training.settings.InvalidSettingException;

class TextToImageTaskTest {
    private final TrainingTask task = TrainingTasks.create("text-to-image", Map.of());

    /** Peers and checkpoints of existing runs rely on these: a change makes them useless. */
    @Test
    void layoutAndFirstParametersNeverChange() throws Exception {
        float[] parameters = task.initialParameters();
        ByteBuffer bytes = ByteBuffer.allocate(4 * parameters.length);
        bytes.asFloatBuffer().put(parameters);

        assertThat(task.layout().size()).isEqualTo(606_464);
        assertThat(digest(task.layout().toString().getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("ae7aa64c225be2f2f5ff688340c79d7ceb6e97a4fc95c3303e023aaf2b909310");
        assertThat(digest(bytes.array())).isEqualTo("acec6327eabc749ac2e27698dffbde06760246d758609415eb22888be86d9ea0");
    }

    @Test
    void baselinesAreThoseOfFrequencies() {
        assertThat(task.baselines()).hasSize(2);
        assertThat(task.baselines().get(0).metric()).isBetween(4.5, 5.5);
        assertThat(task.baselines().get(1).metric())
                .isBetween(4.0, task.baselines().get(0).metric());
    }

    @Test
    void aFewStepsLearnAndTheSessionDraws() {
        Optimizer optimizer = task.newOptimizer();
        TrainingState state = task.initialState();
        float[] gradient = new float[state.size()];
        try (TrainingSession session = task.open(new BackendSettings(1), 5)) {
            session.loadParameters(state.parameters());
            double before = session.evaluate(32).metric();
            assertThat(before).isBetween(5.9, 6.6);
            for (int step = 0; step < 12; step++) {
                session.loadParameters(state.parameters());
                session.accumulate(16);
                long samples = session.drainGradient(gradient);
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] /= samples;
                }
                optimizer.step(state, gradient, state);
            }
            session.loadParameters(state.parameters());
            assertThat(session.evaluate(32)).satisfies(losses -> {
                assertThat(losses.samples()).isEqualTo(32);
                assertThat(losses.metric()).isLessThan(before - 0.3);
            });

            TrainingSession.Sampling sampling = TrainingSession.Sampling.withSeed(1);
            List<BufferedImage> images =
                    session.draw(List.of("red heart", "a caption far longer than it may be, 😀"), sampling);
            assertThat(images).hasSize(2).allSatisfy(image -> {
                assertThat(image.getWidth()).isEqualTo(32);
                assertThat(image.getHeight()).isEqualTo(32);
            });
            assertThat(pixels(session.draw(List.of("red heart"), sampling).get(0)))
                    .isEqualTo(pixels(images.get(0)));
        }
    }

    @Test
    void unusableSettingsAreRefused() {
        assertThatThrownBy(() -> create("model.width", "130"))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("task text-to-image: the width 130 must be a multiple of the 4 heads");
        assertThatThrownBy(() -> create("model.depth", "1")).hasMessageContaining("2 distinct layers do not fit");
        assertThatThrownBy(() -> create("dataset", "none")).hasMessageContaining("dataset 'none' is not built in");
        assertThatThrownBy(() -> create("dataset.digest", "abc"))
                .hasMessageContaining("dataset 'twemoji' with digest abc, but the one here has ");
    }

    @Test
    void completeSettingsMakeTheSameTask() {
        TrainingTask again = TrainingTasks.create(task.name(), task.settings());

        assertThat(again.settings()).isEqualTo(task.settings()).containsKeys("dataset.digest", "model.width", "seed");
        assertThat(again.layout()).isEqualTo(task.layout());
        assertThat(again.optimizerSettings()).isEqualTo(task.optimizerSettings());
    }

    private static TrainingTask create(String key, String value) {
        return TrainingTasks.create("text-to-image", Map.of(key, value));
    }

    private static String digest(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static int[] pixels(BufferedImage image) {
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }
}
