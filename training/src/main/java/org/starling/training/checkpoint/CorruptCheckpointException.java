package org.starling.training.checkpoint;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A checkpoint file is damaged or of another model; the message names the file and what is wrong with it. */
public final class CorruptCheckpointException extends IOException {
    CorruptCheckpointException(String message) {
        super(message);
    }

    CorruptCheckpointException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
