package org.starling.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.node.Gradient;
import org.starling.training.backend.BackendSettings;
import org.starling.training.task.TrainingSession;
import org.starling.training.task.TrainingTask;
import org.starling.training.task.TrainingTasks;

class TrainerTest {
    private static final int MICRO_BATCH = 8;
    private static final long SEED = 5;

    private final TrainingTask task = TrainingTasks.create("toy", Map.of());
    private final TrainingReplica replica = new TrainingReplica(task);
    private final Semaphore microBatches = new Semaphore(0);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Trainer trainer =
            new Trainer(task, replica::parameters, new Trainer.Options(MICRO_BATCH, 1, 0, SEED));

    @AfterEach
    void stop() {
        trainer.close();
    }

    private void start() {
        trainer.start(microBatches::tryAcquire, failure::set);
    }

    private void compute(int count) {
        long target = trainer.computed() + (long) count * MICRO_BATCH;
        microBatches.release(count);
        await().until(() -> trainer.computed() == target);
    }

    private Gradient expected(int count) {
        float[] sum = new float[task.layout().size()];
        try (TrainingSession session = task.open(new BackendSettings(1), SEED)) {
            session.loadParameters(task.initialParameters());
            for (int i = 0; i < count; i++) {
                session.accumulate(MICRO_BATCH);
            }
            long samples = session.drainGradient(sum);
            for (int i = 0; i < sum.length; i++) {
                sum[i] /= samples;
            }
            return new Gradient(sum, samples);
        }
    }

    private Optional<Gradient> drain() {
        CompletableFuture<Optional<Gradient>> drained = trainer.drain();
        await().until(drained::isDone);
        return drained.join();
    }

    @Test
    void handsOverTheMeanOfWhatItHasAccumulated() {
        start();
        compute(3);

        assertThat(trainer.samples()).isEqualTo(3 * MICRO_BATCH);
        Gradient gradient = drain().orElseThrow();

        assertThat(gradient.samples()).isEqualTo(3 * MICRO_BATCH);
        assertThat(gradient.mean()).containsExactly(expected(3).mean());
        assertThat(trainer.trainingLoss()).isPositive();
        assertThat(trainer.samples()).isZero();
        assertThat(drain()).isEmpty();
    }

    @Test
    void countsWhatIsGivenBackTowardsTheNextRound() {
        start();
        compute(1);
        trainer.giveBack(drain().orElseThrow());
        assertThat(trainer.samples()).isEqualTo(MICRO_BATCH);
        compute(2);

        Gradient gradient = drain().orElseThrow();

        assertThat(gradient.samples()).isEqualTo(3 * MICRO_BATCH);
        float[] expected = expected(3).mean();
        for (int i = 0; i < expected.length; i++) {
            assertThat(gradient.mean()[i]).isCloseTo(expected[i], org.assertj.core.data.Offset.offset(1e-5f));
        }
    }

    @Test
    void discardsWhatWasComputedOnAStateThatIsGone() {
        start();
        compute(2);
        trainer.giveBack(new Gradient(new float[task.layout().size()], 7));

        assertThat(trainer.discard()).isEqualTo(2 * MICRO_BATCH + 7);
        assertThat(trainer.samples()).isZero();
        assertThat(drain()).isEmpty();
        compute(1);
        assertThat(drain().orElseThrow().samples()).isEqualTo(MICRO_BATCH);
    }

    @Test
    void computesWithTheNewestParameters() {
        start();
        compute(1);
        float[] before = drain().orElseThrow().mean();
        replica.apply(before);
        compute(1);

        float[] sum = new float[task.layout().size()];
        try (TrainingSession session = task.open(new BackendSettings(1), SEED)) {
            session.loadParameters(task.initialParameters());
            session.accumulate(MICRO_BATCH);
            session.drainGradient(sum);
            session.loadParameters(replica.parameters().values());
            session.accumulate(MICRO_BATCH);
            session.drainGradient(sum);
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] /= MICRO_BATCH;
        }
        assertThat(drain().orElseThrow().mean()).containsExactly(sum);
    }

    @Test
    void answersWhileItMayNotComputeAndAfterItsEnd() {
        start();
        assertThat(drain()).isEmpty();
        assertThat(trainer.samplesPerSecond()).isZero();
        trainer.close();
        assertThat(trainer.drain()).isCompletedWithValue(Optional.empty());
    }

    @Test
    void reportsThatItCannotGoOn() {
        Trainer broken = new Trainer(
                task,
                () -> {
                    throw new IllegalStateException("no room on the device");
                },
                new Trainer.Options(MICRO_BATCH, 1, 0, SEED));
        broken.start(() -> true, failure::set);

        await().untilAsserted(() -> assertThat(failure.get()).hasMessage("no room on the device"));
        assertThat(broken.drain()).isCompletedWithValue(Optional.empty());
    }
}
