package org.starling.training.backend;

/**
 * What a process may use of the machine.
 *
 * @param threads threads for one operation on the CPU (PyTorch's intra-op threads). The first backend opened in a
 *     process decides; the engine cannot change it later. Where several trainers share the cores, give each its share
 *     and set {@code OMP_WAIT_POLICY=passive} in its environment: waiting threads then sleep instead of spinning on
 *     cores that others need
 */
public record BackendSettings(int threads) {
    public BackendSettings {
        if (threads < 1 || threads > 1024) {
            throw new IllegalArgumentException("threads must be between 1 and 1024, not " + threads);
        }
    }

    /** All cores for this process. */
    public static BackendSettings wholeMachine() {
        return new BackendSettings(Runtime.getRuntime().availableProcessors());
    }
}
