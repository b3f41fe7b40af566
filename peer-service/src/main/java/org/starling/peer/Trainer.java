package org.starling.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.node.Gradient;
import org.starling.swarm.node.GradientSource;
import org.starling.training.backend.BackendSettings;
import org.starling.training.backend.Losses;
import org.starling.training.task.TrainingSession;
import org.starling.training.task.TrainingTask;

/**
 * Runs micro-batch after micro-batch on a thread of its own, the only one that touches its session. What others ask for is
 * done between two micro-batches.
 */
final class Trainer implements GradientSource, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Trainer.class);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final double SPEED_MEMORY_SECONDS = 10;
    private static final long STOP_MILLIS = 3000;

    private final TrainingTask task;
    private final Supplier<Parameters> parameters;
    private final Options options;
    private final Thread thread;

    private final List<CompletableFuture<Optional<Gradient>>> drains = new ArrayList<>();
    private final List<Gradient> returned = new ArrayList<>();
    private long accumulated;
    private boolean discardAccumulated;
    private Losses recent = Losses.NONE;
    private boolean stopped;

    private volatile long computed;
    private volatile double samplesPerSecond;
    private volatile double trainingLoss;
    private BooleanSupplier mayCompute = () -> true;
    private Consumer<Throwable> onFailure = failure -> {};

    /**
     * What this peer's operator decides.
     *
     * @param microBatch samples of one forward and backward pass
     * @param threads of the engine
     * @param maxSamplesPerSecond no faster than this; 0 for as fast as possible
     * @param shuffleSeed the order in which this peer sees the samples
     */
    record Options(int microBatch, int threads, double maxSamplesPerSecond, long shuffleSeed) {}

    /** @param parameters the newest ones, asked before each micro-batch */
    Trainer(TrainingTask task, Supplier<Parameters> parameters, Options options) {
        this.task = task;
        this.parameters = parameters;
        this.options = options;
        this.thread = new Thread(this::run, "trainer");
        this.thread.setDaemon(true);
    }

    /**
     * Begins to compute.
     *
     * @param mayCompute whether gradients of the present parameters are of use; asked before each micro-batch
     * @param onFailure told once, if this trainer cannot go on
     */
    void start(BooleanSupplier mayCompute, Consumer<Throwable> onFailure) {
        this.mayCompute = mayCompute;
        this.onFailure = onFailure;
        thread.start();
    }

    private void run() {
        try (TrainingSession session = task.open(new BackendSettings(options.threads()), options.shuffleSeed())) {
            log.info("Training {} in micro-batches of {}", task.name(), options.microBatch());
            compute(session);
        } catch (InterruptedException e) {
            log.debug("Interrupted");
        } catch (RuntimeException | Error e) {
            if (!isStopped()) {
                onFailure.accept(e);
            }
        } finally {
            refuseDrains();
        }
    }

    private void compute(TrainingSession session) throws InterruptedException {
        Parameters loaded = null;
        long last = System.nanoTime();
        long due = last;
        while (!isStopped()) {
            serve(session);
            long now = System.nanoTime();
            if (due - now > 0) {
                pause(due - now);
                continue;
            }
            if (!mayCompute.getAsBoolean()) {
                // the pause counts: the swarm reckons with what this peer really delivers
                pause(PAUSE_NANOS);
                due = System.nanoTime();
                continue;
            }
            Parameters newest = parameters.get();
            if (newest != loaded) {
                session.loadParameters(newest.values());
                loaded = newest;
            }
            Losses losses = session.accumulate(options.microBatch());
            now = System.nanoTime();
            account(losses, (now - last) / 1e9);
            last = now;
            if (options.maxSamplesPerSecond() > 0) {
                due = Math.max(due, now - PAUSE_NANOS)
                        + (long) (losses.samples() / options.maxSamplesPerSecond() * 1e9);
            }
        }
    }

    private synchronized void account(Losses losses, double seconds) {
        computed += losses.samples();
        if (!discardAccumulated) {
            accumulated += losses.samples();
            recent = recent.plus(losses);
        }
        double speed = losses.samples() / Math.max(seconds, 1e-9);
        double memory = samplesPerSecond == 0 ? 0 : Math.exp(-seconds / SPEED_MEMORY_SECONDS);
        samplesPerSecond = memory * samplesPerSecond + (1 - memory) * speed;
    }

    /** Does what was asked for since the last micro-batch. */
    private void serve(TrainingSession session) {
        List<CompletableFuture<Optional<Gradient>>> asked;
        List<Gradient> parts;
        boolean discard;
        synchronized (this) {
            discard = discardAccumulated;
            discardAccumulated = false;
            asked = List.copyOf(drains);
            drains.clear();
            if (asked.isEmpty()) {
                parts = List.of();
            } else {
                parts = List.copyOf(returned);
                returned.clear();
                accumulated = 0;
                trainingLoss = recent.samples() == 0 ? trainingLoss : recent.metric();
                recent = Losses.NONE;
            }
        }
        if (discard) {
            session.drainGradient(new float[task.layout().size()]);
        }
        if (!asked.isEmpty()) {
            asked.get(0).complete(take(session, parts));
            asked.subList(1, asked.size()).forEach(other -> other.complete(Optional.empty()));
        }
    }

    private Optional<Gradient> take(TrainingSession session, List<Gradient> parts) {
        float[] sum = new float[task.layout().size()];
        long samples = session.drainGradient(sum);
        for (float value : sum) {
            if (!Float.isFinite(value)) {
                log.warn(
                        "The gradient of {} samples has a value that is not finite and is thrown away; if it happens"
                                + " again, this machine or the run's learning rate is at fault",
                        samples);
                java.util.Arrays.fill(sum, 0);
                samples = 0;
                break;
            }
        }
        for (Gradient part : parts) {
            samples += part.samples();
            for (int i = 0; i < sum.length; i++) {
                sum[i] += part.mean()[i] * part.samples();
            }
        }
        if (samples == 0) {
            return Optional.empty();
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] /= samples;
        }
        return Optional.of(new Gradient(sum, samples));
    }

    private synchronized void pause(long nanos) throws InterruptedException {
        if (!stopped && drains.isEmpty()) {
            wait(nanos / 1_000_000, (int) (nanos % 1_000_000));
        }
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    private void refuseDrains() {
        List<CompletableFuture<Optional<Gradient>>> asked;
        synchronized (this) {
            stopped = true;
            asked = List.copyOf(drains);
            drains.clear();
        }
        asked.forEach(drain -> drain.complete(Optional.empty()));
    }

    /** Samples computed since the start. */
    long computed() {
        return computed;
    }

    @Override
    public synchronized long samples() {
        return accumulated + returned.stream().mapToLong(Gradient::samples).sum();
    }

    @Override
    public double samplesPerSecond() {
        return samplesPerSecond;
    }

    @Override
    public double trainingLoss() {
        return trainingLoss;
    }

    @Override
    public String device() {
        return System.getProperty("os.arch") + ", " + options.threads()
                + (options.threads() == 1 ? " thread" : " threads");
    }

    @Override
    public CompletableFuture<Optional<Gradient>> drain() {
        CompletableFuture<Optional<Gradient>> result = new CompletableFuture<>();
        synchronized (this) {
            if (!stopped) {
                drains.add(result);
                notifyAll();
                return result;
            }
        }
        result.complete(Optional.empty());
        return result;
    }

    @Override
    public synchronized void giveBack(Gradient gradient) {
        returned.add(gradient);
    }

    @Override
    public synchronized long discard() {
        long samples = samples();
        accumulated = 0;
        returned.clear();
        recent = Losses.NONE;
        discardAccumulated = true;
        return samples;
    }

    /** Ends the thread after the micro-batch under way. */
    @Override
    public void close() {
        synchronized (this) {
            stopped = true;
            notifyAll();
        }
        try {
            thread.join(STOP_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
