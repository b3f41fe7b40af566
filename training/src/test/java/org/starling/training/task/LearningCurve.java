package org.starling.training.task;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.starling.training.backend.BackendSettings;
import org.starling.training.backend.Losses;
import org.starling.training.optimizer.Optimizer;
import org.starling.training.optimizer.TrainingState;

/**
 * Trains a task in one process as a swarm would, and prints the learning curve; for choosing defaults. Not a test.
 *
 * <p>Arguments are settings of the task, {@code key=value}, and {@code task=}, {@code batch=}, {@code samples=},
 * {@code threads=}, {@code out=} (a folder for drawings).
 */
final class LearningCurve {
    private LearningCurve() {}

    public static void main(String[] arguments) throws Exception {
        Map<String, String> settings = new TreeMap<>();
        Stream.of(arguments).map(argument -> argument.split("=", 2)).forEach(pair -> settings.put(pair[0], pair[1]));
        TrainingTask task;
        String name = take(settings, "task", "text-to-image");
        int batch = Integer.parseInt(take(settings, "batch", "0"));
        long samples = Long.parseLong(take(settings, "samples", "10000"));
        int threads = Integer.parseInt(take(settings, "threads", "1"));
        String out = take(settings, "out", "");
        task = TrainingTasks.create(name, settings);
        batch = batch == 0 ? task.batchSizes().target() : batch;
        System.out.println(task.name() + " " + task.layout().size() + " parameters, batch " + batch + " " + settings);
        for (TrainingTask.Baseline baseline : task.baselines()) {
            System.out.printf("baseline %s: %.3f%n", baseline.name(), baseline.metric());
        }
        TreeSet<Long> marks =
                new TreeSet<>(List.of(1000L, 2000L, 5000L, 10_000L, 15_000L, 20_000L, 30_000L, 50_000L, 100_000L));
        marks.add(samples);
        Optimizer optimizer = task.newOptimizer();
        TrainingState state = task.initialState();
        float[] gradient = new float[state.size()];
        try (TrainingSession session = task.open(new BackendSettings(threads), 11)) {
            long seen = 0;
            long start = System.nanoTime();
            Losses recent = Losses.NONE;
            double gradientNorms = 0;
            int steps = 0;
            while (seen < samples) {
                session.loadParameters(state.parameters());
                for (int done = 0; done < batch; done += task.batchSizes().micro()) {
                    recent = recent.plus(
                            session.accumulate(Math.min(task.batchSizes().micro(), batch - done)));
                }
                long drained = session.drainGradient(gradient);
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] /= drained;
                }
                gradientNorms += optimizer.step(state, gradient, state).gradientNorm();
                steps++;
                seen += drained;
                while (!marks.isEmpty() && seen >= marks.first()) {
                    marks.pollFirst();
                    session.loadParameters(state.parameters());
                    double seconds = (System.nanoTime() - start) / 1e9;
                    Losses validation = session.evaluate(Integer.MAX_VALUE);
                    System.out.printf(
                            "samples %6d steps %4d validation %.3f training %.3f norm %.2f (%.0f samples/s)%n",
                            seen,
                            state.step(),
                            validation.metric(),
                            recent.metric(),
                            gradientNorms / steps,
                            seen / seconds);
                    recent = Losses.NONE;
                    gradientNorms = 0;
                    steps = 0;
                    if (!out.isEmpty()) {
                        draw(task, session, Path.of(out), seen);
                    }
                }
            }
        }
    }

    private static void draw(TrainingTask task, TrainingSession session, Path folder, long seen) throws Exception {
        Files.createDirectories(folder);
        int copies = 4;
        List<String> prompts = task.prompts().stream()
                .flatMap(prompt -> Collections.nCopies(copies, prompt).stream())
                .toList();
        List<BufferedImage> images = session.draw(prompts, TrainingSession.Sampling.withSeed(seen));
        int scale = 4;
        BufferedImage sheet =
                new BufferedImage(scale * 32 * task.prompts().size(), scale * 32 * copies, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < images.size(); i++) {
            sheet.createGraphics()
                    .drawImage(
                            images.get(i),
                            scale * 32 * (i / copies),
                            scale * 32 * (i % copies),
                            scale * 32,
                            scale * 32,
                            null);
        }
        ImageIO.write(sheet, "png", folder.resolve("samples-" + seen + ".png").toFile());
    }

    private static String take(Map<String, String> settings, String key, String defaultValue) {
        String value = settings.remove(key);
        return value == null ? defaultValue : value;
    }
}
