package org.starling.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.starling.swarm.simulation.SimulationResult;

/** Runs one random schedule for each of many seeds, on several threads. */
final class Schedules {
    private final LongFunction<SimulationResult> schedule;
    private final Consumer<SimulationResult> onResult;
    private final Map<String, List<Long>> failures = new TreeMap<>();
    private long done;
    private long events;
    private Duration virtual = Duration.ZERO;

    /**
     * @param schedule runs the schedule of a seed
     * @param onResult told of each result at once, one at a time
     */
    Schedules(LongFunction<SimulationResult> schedule, Consumer<SimulationResult> onResult) {
        this.schedule = schedule;
        this.onResult = onResult;
    }

    /** Returns when all have run, or when a schedule could not be run at all. */
    void run(long fromSeed, long count, int threads) throws InterruptedException {
        AtomicLong next = new AtomicLong(fromSeed);
        List<Throwable> defects = new ArrayList<>();
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread worker = new Thread(
                    () -> {
                        long seed;
                        while ((seed = next.getAndIncrement()) < fromSeed + count) {
                            add(schedule.apply(seed));
                        }
                    },
                    "schedules-" + i);
            worker.setDaemon(true);
            worker.setUncaughtExceptionHandler((thread, defect) -> {
                next.set(fromSeed + count);
                synchronized (defects) {
                    defects.add(defect);
                }
            });
            worker.start();
            workers.add(worker);
        }
        for (Thread worker : workers) {
            worker.join();
        }
        if (!defects.isEmpty()) {
            throw new IllegalStateException("A schedule could not be run", defects.get(0));
        }
    }

    private synchronized void add(SimulationResult result) {
        done++;
        events += result.events();
        virtual = virtual.plus(result.simulated());
        result.violation()
                .ifPresent(violation -> failures.computeIfAbsent(violation.invariant(), name -> new ArrayList<>())
                        .add(result.seed()));
        onResult.accept(result);
    }

    synchronized long done() {
        return done;
    }

    synchronized long events() {
        return events;
    }

    /** Virtual time of all together. */
    synchronized Duration virtual() {
        return virtual;
    }

    /** The seeds that made each invariant fail. */
    synchronized Map<String, List<Long>> failures() {
        Map<String, List<Long>> copy = new TreeMap<>();
        failures.forEach((invariant, seeds) -> copy.put(invariant, List.copyOf(seeds)));
        return copy;
    }
}
