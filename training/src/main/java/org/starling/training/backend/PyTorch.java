package org.starling.training.backend;

import ai.djl.engine.Engine;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process's one PyTorch engine: loaded once, from Maven's artifacts only. */
final class PyTorch {
    /** DJL allows one gradient collector in a process at a time: sessions take turns. */
    static final ReentrantLock GRADIENT_LOCK = new ReentrantLock();

    private static final Logger logger = LoggerFactory.getLogger(PyTorch.class);
    private static final String THREADS = "ai.djl.pytorch.num_threads";
    private static final String OTHER_THREADS = "ai.djl.pytorch.num_interop_threads";

    private PyTorch() {}

    /** The engine; the first call decides on the number of threads. */
    static synchronized Engine engine(BackendSettings settings) {
        String threads = Integer.toString(settings.threads());
        String decided = System.getProperty(THREADS);
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        if (decided == null) {
            System.setProperty(THREADS, threads);
            System.setProperty(OTHER_THREADS, "1");
        } else if (!decided.equals(threads)) {
            logger.warn("the engine keeps its {} threads: {} were asked for after it was loaded", decided, threads);
        }
        return Engine.getEngine("PyTorch");
    }
}
