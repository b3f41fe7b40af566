package org.starling.training.task;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.starling.training.backend.Backend;
import org.starling.training.backend.BackendSettings;
import org.starling.training.backend.Losses;
import org.starling.training.data.SampleStream;
import org.starling.training.optimizer.OptimizerSettings;
import org.starling.training.settings.Settings;
import org.starling.training.tensor.ParameterInitializer;
import org.starling.training.tensor.TensorLayout;

/**
 * Which of three rings a point of the plane lies in, by softmax regression on quadratic features; pure Java.
 *
 * <p>Starts in milliseconds and needs no engine: for trying out a swarm and for its tests. A drawing is the map of
 * decisions over the plane.
 */
final class ToyTask implements TrainingTask {
    private static final int CLASSES = 3;
    private static final int FEATURES = 5;
    private static final int VALIDATION_SAMPLES = 256;
    private static final int DRAWING_SIZE = 32;

    private final SortedMap<String, String> settings;
    private final OptimizerSettings optimizer;
    private final long seed;
    private final int samples;
    private final TensorLayout layout = TensorLayout.builder()
            .matrix("weight", CLASSES, FEATURES)
            .vector("bias", CLASSES)
            .build();

    private ToyTask(Map<String, String> given) {
        Settings reader = Settings.of(given);
        seed = reader.wholeNumber("seed", 1, Long.MIN_VALUE, Long.MAX_VALUE);
        samples = reader.integer("data.samples", 2048, 16, 1_000_000);
        optimizer =
                OptimizerSettings.ofOriginalRun().withSchedule(0.05, 5, 0, 1).overriddenBy(reader);
        settings = reader.finish();
    }

    /** Registers the task. */
    public static final class Provider implements TrainingTaskProvider {
        @Override
        public String name() {
            return "toy";
        }

        @Override
        public String description() {
            return "which of three rings a point lies in: softmax regression in plain Java, learned in seconds";
        }

        @Override
        public TrainingTask create(Map<String, String> settings) {
            return new ToyTask(settings);
        }
    }

    @Override
    public String name() {
        return "toy";
    }

    @Override
    public SortedMap<String, String> settings() {
        return settings;
    }

    @Override
    public TensorLayout layout() {
        return layout;
    }

    @Override
    public float[] initialParameters() {
        return new ParameterInitializer(layout, seed).normal("weight", 0.1).build();
    }

    @Override
    public OptimizerSettings optimizerSettings() {
        return optimizer;
    }

    @Override
    public BatchSizes batchSizes() {
        return new BatchSizes(64, 8);
    }

    @Override
    public String metric() {
        return "nats per point";
    }

    @Override
    public List<Baseline> baselines() {
        int[] counts = new int[CLASSES];
        for (Point point : points(samples, seed)) {
            counts[point.ring]++;
        }
        double sum = 0;
        for (Point point : validationPoints()) {
            sum -= StrictMath.log((double) counts[point.ring] / samples);
        }
        return List.of(new Baseline("frequencies", sum / VALIDATION_SAMPLES));
    }

    @Override
    public List<String> prompts() {
        return List.of("rings");
    }

    @Override
    public String attribution() {
        return "Synthetic data; no rights reserved.";
    }

    @Override
    public TrainingSession open(BackendSettings backend, long shuffleSeed) {
        return new Session(points(samples, seed), validationPoints(), shuffleSeed);
    }

    private List<Point> validationPoints() {
        return points(VALIDATION_SAMPLES, ~seed);
    }

    private static List<Point> points(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return Stream.generate(() -> Point.at(random.nextDouble(-1, 1), random.nextDouble(-1, 1)))
                .limit(count)
                .toList();
    }

    private record Point(float x, float y, int ring) {
        static Point at(double x, double y) {
            double square = x * x + y * y;
            return new Point((float) x, (float) y, square < 0.3 ? 0 : square < 0.75 ? 1 : 2);
        }

        float feature(int index) {
            return switch (index) {
                case 0 -> x;
                case 1 -> y;
                case 2 -> x * x;
                case 3 -> y * y;
                default -> x * y;
            };
        }
    }

    private static final class Session implements TrainingSession {
        private final SoftmaxRegression regression = new SoftmaxRegression();
        private final List<Point> training;
        private final List<Point> validation;
        private final SampleStream stream;

        Session(List<Point> training, List<Point> validation, long shuffleSeed) {
            this.training = training;
            this.validation = validation;
            this.stream = new SampleStream(training.size(), shuffleSeed);
        }

        @Override
        public void loadParameters(float[] parameters) {
            regression.loadParameters(parameters);
        }

        @Override
        public Losses accumulate(int samples) {
            return regression.accumulate(
                    Arrays.stream(stream.next(samples)).mapToObj(training::get).toList());
        }

        @Override
        public long drainGradient(float[] destination) {
            return regression.drainGradient(destination);
        }

        @Override
        public Losses evaluate(int maxSamples) {
            return regression.evaluate(validation.subList(0, Math.min(maxSamples, validation.size())));
        }

        @Override
        public List<BufferedImage> draw(List<String> prompts, Sampling sampling) {
            return prompts.stream().map(prompt -> drawDecisions()).toList();
        }

        private BufferedImage drawDecisions() {
            BufferedImage image = new BufferedImage(DRAWING_SIZE, DRAWING_SIZE, BufferedImage.TYPE_INT_RGB);
            for (int row = 0; row < DRAWING_SIZE; row++) {
                for (int column = 0; column < DRAWING_SIZE; column++) {
                    double[] p = regression.probabilities(
                            Point.at((column + 0.5) * 2 / DRAWING_SIZE - 1, (row + 0.5) * 2 / DRAWING_SIZE - 1));
                    image.setRGB(column, row, new Color((float) p[0], (float) p[1], (float) p[2]).getRGB());
                }
            }
            return image;
        }

        @Override
        public void close() {
            regression.close();
        }
    }

    private static final class SoftmaxRegression implements Backend<List<Point>> {
        private final float[] parameters = new float[CLASSES * FEATURES + CLASSES];
        private final float[] gradient = new float[parameters.length];
        private long samples;

        @Override
        public void loadParameters(float[] source) {
            System.arraycopy(source, 0, parameters, 0, parameters.length);
        }

        @Override
        public Losses accumulate(List<Point> batch) {
            for (Point point : batch) {
                double[] p = probabilities(point);
                for (int ring = 0; ring < CLASSES; ring++) {
                    float error = (float) (p[ring] - (ring == point.ring ? 1 : 0));
                    for (int i = 0; i < FEATURES; i++) {
                        gradient[ring * FEATURES + i] += error * point.feature(i);
                    }
                    gradient[CLASSES * FEATURES + ring] += error;
                }
            }
            samples += batch.size();
            return evaluate(batch);
        }

        @Override
        public long drainGradient(float[] destination) {
            System.arraycopy(gradient, 0, destination, 0, gradient.length);
            Arrays.fill(gradient, 0);
            long drained = samples;
            samples = 0;
            return drained;
        }

        @Override
        public Losses evaluate(List<Point> batch) {
            double sum = 0;
            for (Point point : batch) {
                sum -= StrictMath.log(probabilities(point)[point.ring]);
            }
            return batch.isEmpty() ? Losses.NONE : new Losses(batch.size(), sum / batch.size(), sum / batch.size());
        }

        double[] probabilities(Point point) {
            double[] p = new double[CLASSES];
            double sum = 0;
            for (int ring = 0; ring < CLASSES; ring++) {
                double logit = parameters[CLASSES * FEATURES + ring];
                for (int i = 0; i < FEATURES; i++) {
                    logit += parameters[ring * FEATURES + i] * point.feature(i);
                }
                p[ring] = StrictMath.exp(logit);
                sum += p[ring];
            }
            for (int ring = 0; ring < CLASSES; ring++) {
                p[ring] /= sum;
            }
            return p;
        }

        @Override
        public void close() {}
    }
}
