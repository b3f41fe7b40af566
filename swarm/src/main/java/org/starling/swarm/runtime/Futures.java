package org.starling.swarm.runtime;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;

/** How futures end. */
public final class Futures {
    private Futures() {}

    /** The failure itself, where a stage that depends on another one has wrapped it. */
    public static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** Ends the target as the future ends that this is given to. */
    public static <T> BiConsumer<T, Throwable> into(CompletableFuture<? super T> target) {
        return (value, failure) -> {
            if (failure == null) {
                target.complete(value);
            } else {
                target.completeExceptionally(failure);
            }
        };
    }
}
