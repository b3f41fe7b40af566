package org.starling.peer;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.starling.spring.StartupProblem;

/**
 * How much of this machine the peer may use, and how often it shows what it has learned.
 *
 * @param threads of the engine, this process's share of the cores; all of them unless given
 * @param microBatch samples of one forward and backward pass; the task's own number unless given
 * @param maxSamplesPerSecond compute no faster than this; 0, the default, for as fast as possible
 * @param overlap whether to go on computing while the swarm averages; the default, true, wastes no time, but those
 *     gradients are one step old, which matters where a round takes a large part of an epoch
 * @param evaluationInterval epochs between two validations, of which one peer of the swarm does each; default 10
 * @param evaluationSamples of the validation set at most; default 256, under 2 s on one core for the built-in tasks
 * @param drawingShare share of a thread's time that drawing the gallery may take; default 0.1
 */
@ConfigurationProperties("starling.peer")
record PeerProperties(
        @Nullable Integer threads,
        @Nullable Integer microBatch,
        @DefaultValue("0") double maxSamplesPerSecond,
        @DefaultValue("true") boolean overlap,
        @DefaultValue("10") int evaluationInterval,
        @DefaultValue("256") int evaluationSamples,
        @DefaultValue("0.1") double drawingShare) {
    PeerProperties {
        require(threads == null || (threads >= 1 && threads <= 1024), "threads", threads, "from 1 to 1024");
        require(
                microBatch == null || (microBatch >= 1 && microBatch <= 65_536),
                "micro-batch",
                microBatch,
                "at least 1");
        require(
                maxSamplesPerSecond >= 0 && maxSamplesPerSecond < Double.POSITIVE_INFINITY,
                "max-samples-per-second",
                maxSamplesPerSecond,
                "a number of samples, or 0 for no limit");
        require(evaluationInterval >= 1, "evaluation-interval", evaluationInterval, "at least 1 epoch");
        require(evaluationSamples >= 1, "evaluation-samples", evaluationSamples, "at least 1 sample");
        require(drawingShare > 0 && drawingShare <= 1, "drawing-share", drawingShare, "above 0 and at most 1");
    }

    private static void require(boolean valid, String property, @Nullable Object value, String expected) {
        if (!valid) {
            throw new StartupProblem(
                    "starling.peer." + property + " is " + value + " but must be " + expected + ".",
                    "Correct it or leave it out.");
        }
    }

    int effectiveThreads() {
        return threads != null ? threads : Runtime.getRuntime().availableProcessors();
    }
}
