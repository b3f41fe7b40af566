package org.starling.peer;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.starling.training.backend.BackendSettings;
import org.starling.training.backend.Losses;
import org.starling.training.task.TrainingSession;
import org.starling.training.task.TrainingSession.Sampling;
import org.starling.training.task.TrainingTask;

/**
 * Uses the model without training it: validates and draws, on one thread that is the only one to touch its session. The
 * session is opened when it is first needed. Callable from any thread; nothing blocks.
 */
final class Studio implements AutoCloseable {
    /** The keys under which the swarm publishes what a task's baselines reach, the weakest first. */
    private static final List<String> BASELINE_KEYS = List.of("frequency", "position");

    private static final int MAX_WAITING = 8;

    private final TrainingTask task;
    private final int threads;
    private final ThreadPoolExecutor thread;
    private @Nullable TrainingSession session;
    private @Nullable Parameters loaded;
    private @Nullable Map<String, Double> baselines;

    /** @param threads of the engine, if this is the first to open it */
    Studio(TrainingTask task, int threads) {
        this.task = task;
        this.threads = threads;
        this.thread =
                new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WAITING), work -> {
                    Thread t = new Thread(work, "studio");
                    t.setDaemon(true);
                    return t;
                });
    }

    /** What a validation has given. */
    record Validation(Losses losses, Map<String, Double> baselines) {}

    /** Losses on at most so many samples of the validation set, always the same ones. */
    CompletableFuture<Validation> validate(Parameters parameters, int maxSamples) {
        return submit(() -> {
            Losses losses = sessionWith(parameters).evaluate(maxSamples);
            return new Validation(losses, baselines());
        });
    }

    /** One drawing for each prompt. */
    CompletableFuture<List<Drawing>> draw(Parameters parameters, List<String> prompts, long seed) {
        return submit(() -> {
            List<BufferedImage> images = sessionWith(parameters).draw(prompts, Sampling.withSeed(seed));
            List<Drawing> drawings = new ArrayList<>();
            for (int i = 0; i < images.size(); i++) {
                drawings.add(new Drawing(prompts.get(i), png(images.get(i))));
            }
            return List.copyOf(drawings);
        });
    }

    /** The future fails with a {@link RejectedExecutionException} if too much is waiting. */
    private <T> CompletableFuture<T> submit(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    if (!result.isDone()) {
                        result.complete(work.call());
                    }
                } catch (Exception | LinkageError e) {
                    result.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException full) {
            result.completeExceptionally(full);
        }
        return result;
    }

    private TrainingSession sessionWith(Parameters parameters) {
        TrainingSession open = session;
        if (open == null) {
            open = task.open(new BackendSettings(threads), 0);
            session = open;
        }
        if (loaded != parameters) {
            open.loadParameters(parameters.values());
            loaded = parameters;
        }
        return open;
    }

    private Map<String, Double> baselines() {
        Map<String, Double> known = baselines;
        if (known == null) {
            known = new HashMap<>();
            List<TrainingTask.Baseline> given = task.baselines();
            for (int i = 0; i < Math.min(given.size(), BASELINE_KEYS.size()); i++) {
                known.put(BASELINE_KEYS.get(i), given.get(i).metric());
            }
            baselines = known;
        }
        return known;
    }

    private static byte[] png(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        thread.getQueue().clear();
        try {
            thread.execute(() -> Optional.ofNullable(session).ifPresent(TrainingSession::close));
        } catch (RejectedExecutionException closed) {
            return;
        }
        thread.shutdown();
    }
}
