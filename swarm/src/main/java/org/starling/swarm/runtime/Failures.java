package org.starling.swarm.runtime;

import java.util.concurrent.CompletionException;

/** What went wrong in a future. */
public final class Failures {
    private Failures() {}

    /** The failure itself, where a stage that depends on another one has wrapped it. */
    public static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
