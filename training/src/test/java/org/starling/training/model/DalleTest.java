package org.starling.training.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starling.training.backend.BackendSettings;
import org.starling.training.backend.Backends;
import org.starling.training.backend.Losses;
import org.starling.training.backend.SequenceBackend;
import org.starling.training.backend.TokenBatch;

/** The model and its gradients on the real engine, small enough for finite differences. */
class DalleTest {
    private static final DalleShape SHAPE = new DalleShape(5, 7, 0, 1, 6, 9, 8, 2, 3, 2);
    private static final int LENGTH = SHAPE.caption() + SHAPE.codes();

    private final Dalle model = new Dalle(SHAPE);
    private final float[] parameters = spread(model.initialParameters(3));
    private SequenceBackend backend;

    @BeforeEach
    void openBackend() {
        backend = Backends.open(model, new BackendSettings(1));
        backend.loadParameters(parameters);
    }

    @AfterEach
    void closeBackend() {
        backend.close();
    }

    @Test
    void gradientIsTheDerivativeOfTheSumOfObjectives() {
        TokenBatch batch = randomBatch(3, 1);
        float[] gradient = new float[parameters.length];
        backend.accumulate(batch);
        assertThat(backend.drainGradient(gradient)).isEqualTo(3);
        double norm = Math.sqrt(IntStream.range(0, gradient.length)
                .mapToDouble(i -> (double) gradient[i] * gradient[i])
                .sum());
        assertThat(norm).isGreaterThan(0.1);

        Random random = new Random(5);
        for (int direction = 0; direction < 12; direction++) {
            float[] along = new float[parameters.length];
            double expected = 0;
            for (int i = 0; i < along.length; i++) {
                along[i] = (float) random.nextGaussian();
                expected += (double) along[i] * gradient[i];
            }
            double h = 2e-3;
            double difference = 3 * (objectiveAt(along, h, batch) - objectiveAt(along, -h, batch)) / (2 * h);
            assertThat(difference).isCloseTo(expected, within(0.02 * Math.max(1, norm)));
        }
    }

    @Test
    void everyTensorGetsAGradient() {
        float[] gradient = new float[parameters.length];
        backend.accumulate(randomBatch(8, 2));
        backend.drainGradient(gradient);

        assertThat(model.layout().tensors())
                .allSatisfy(tensor -> assertThat(
                                Arrays.copyOfRange(gradient, tensor.offset(), tensor.offset() + tensor.size()))
                        .as(tensor.name())
                        .matches(values -> IntStream.range(0, values.length).anyMatch(i -> values[i] != 0)));
    }

    @Test
    void gradientsAddUpAcrossLoadedParametersUntilDrained() {
        float[] other = parameters.clone();
        other[0] += 1;
        float[] first = drained(parameters, randomBatch(2, 1));
        float[] second = drained(parameters, randomBatch(3, 2));
        float[] third = drained(other, randomBatch(4, 3));

        backend.loadParameters(parameters);
        backend.accumulate(randomBatch(2, 1));
        backend.accumulate(randomBatch(3, 2));
        backend.loadParameters(other);
        backend.accumulate(randomBatch(4, 3));
        float[] sum = new float[parameters.length];

        assertThat(backend.drainGradient(sum)).isEqualTo(9);
        for (int i = 0; i < sum.length; i++) {
            assertThat(sum[i]).isCloseTo(first[i] + second[i] + third[i], within(1e-4f));
        }
        assertThat(backend.drainGradient(sum)).isZero();
        assertThat(sum).containsOnly(0f);
    }

    @Test
    void afterADrainTheParametersAreStillThere() {
        TokenBatch batch = randomBatch(4, 1);
        Losses before = backend.evaluate(batch);
        Losses during = backend.accumulate(batch);
        backend.drainGradient(new float[parameters.length]);

        assertThat(during.objective()).isCloseTo(before.objective(), within(1e-5));
        assertThat(backend.evaluate(batch)).isEqualTo(before);
    }

    /** If a place saw later ones, the pass over the whole sequence would predict other than passes over its prefixes. */
    @Test
    void aLaterCodeNeverChangesAnEarlierPrediction() {
        TokenBatch batch = randomBatch(1, 4);
        double sum = 0;
        for (int place = SHAPE.caption(); place < LENGTH; place++) {
            float[] logits = backend.predictNext(new TokenBatch(1, Arrays.copyOf(batch.tokens(), place)))[0];
            sum -= logSoftmax(logits, batch.tokens()[place]);
        }

        assertThat(backend.evaluate(batch).metric()).isCloseTo(sum / SHAPE.codes(), within(1e-4));
    }

    @Test
    void codesNeverChangeThePredictionOfTheCaption() {
        int[] tokens = randomBatch(1, 4).tokens();
        int[] changed = tokens.clone();
        for (int place = SHAPE.caption(); place < LENGTH; place++) {
            changed[place] = (tokens[place] + 1) % SHAPE.codebook();
        }
        Losses losses = backend.evaluate(new TokenBatch(1, tokens));
        Losses others = backend.evaluate(new TokenBatch(1, changed));

        assertThat(others.metric()).isNotCloseTo(losses.metric(), within(1e-3));
        assertThat(others.objective() - others.metric() * 7 / 8)
                .isCloseTo(losses.objective() - losses.metric() * 7 / 8, within(1e-5));
    }

    @Test
    void paddingIsNotLearned() {
        int[] tokens = randomBatch(1, 4).tokens();
        Arrays.fill(tokens, 0, SHAPE.caption(), SHAPE.padding());

        Losses losses = backend.evaluate(new TokenBatch(1, tokens));

        assertThat(losses.objective()).isCloseTo(losses.metric() * 7 / 8, within(1e-5));
    }

    @Test
    void sessionsInOneProcessTakeTurns() {
        TokenBatch batch = randomBatch(4, 1);
        float[] expected = drained(parameters, batch);
        CompletableFuture<?>[] peers = IntStream.range(0, 3)
                .mapToObj(peer -> CompletableFuture.runAsync(() -> {
                    try (SequenceBackend own = Backends.open(model, new BackendSettings(1))) {
                        own.loadParameters(parameters);
                        float[] gradient = new float[parameters.length];
                        for (int i = 0; i < 5; i++) {
                            own.accumulate(batch);
                            own.drainGradient(gradient);
                            assertThat(gradient).containsExactly(expected, within(1e-5f));
                        }
                    }
                }))
                .toArray(CompletableFuture[]::new);

        CompletableFuture.allOf(peers).join();
    }

    /** DJL's arithmetic with a Java number saves a tensor over Java memory for the backward pass, and lets go of it. */
    @Test
    void garbageCollectionDuringAPassNeverChangesGradients() throws Exception {
        TokenBatch batch = randomBatch(16, 1);
        float[] expected = drained(parameters, batch);
        AtomicBoolean done = new AtomicBoolean();
        Thread collector = new Thread(() -> {
            while (!done.get()) {
                System.gc();
            }
        });
        collector.start();
        try {
            for (int i = 0; i < 40; i++) {
                float[] gradient = drained(parameters, batch);
                assertThat(IntStream.range(0, gradient.length)
                                .allMatch(j -> Math.abs(gradient[j] - expected[j]) < 1e-3))
                        .as("same gradient in pass %d", i)
                        .isTrue();
            }
        } finally {
            done.set(true);
            collector.join();
        }
    }

    @Test
    void wrongSizesAndUseAfterCloseAreRefused() {
        assertThatThrownBy(() -> backend.loadParameters(new float[1]))
                .hasMessageContaining("a buffer of 1 for a model of");
        assertThatThrownBy(() -> backend.drainGradient(new float[1])).hasMessageContaining("a buffer of 1");
        backend.close();
        assertThatThrownBy(() -> backend.evaluate(randomBatch(1, 1))).hasMessage("the backend is closed");
        assertThatThrownBy(() -> new DalleShape(5, 7, 0, 1, 6, 9, 8, 3, 3, 2))
                .hasMessageContaining("multiple of the 3 heads");
        assertThatThrownBy(() -> new DalleShape(5, 7, 0, 1, 6, 9, 8, 2, 3, 4))
                .hasMessageContaining("4 distinct layers");
    }

    private double objectiveAt(float[] along, double h, TokenBatch batch) {
        float[] moved = parameters.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += (float) (h * along[i]);
        }
        backend.loadParameters(moved);
        return backend.evaluate(batch).objective();
    }

    private float[] drained(float[] at, TokenBatch batch) {
        backend.loadParameters(at);
        float[] gradient = new float[parameters.length];
        backend.drainGradient(gradient);
        backend.accumulate(batch);
        backend.drainGradient(gradient);
        return gradient;
    }

    private static double logSoftmax(float[] logits, int index) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        return logits[index] - Math.log(sum);
    }

    private static TokenBatch randomBatch(int samples, long seed) {
        Random random = new Random(seed);
        int[] tokens = new int[samples * LENGTH];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = i % LENGTH < SHAPE.caption() ? 1 + random.nextInt(6) : random.nextInt(9);
        }
        return new TokenBatch(samples, tokens);
    }

    /** Larger than trained networks start, so that attention, norms and gradients are far from trivial. */
    private static float[] spread(float[] initial) {
        Random random = new Random(9);
        float[] values = initial.clone();
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (0.3 * random.nextGaussian());
        }
        return values;
    }
}
