package org.starling.checkpoint.archive;

import java.io.IOException;

/** A checkpoint's files are damaged, cut off or of another run. The message is one sentence for an operator. */
public final class UnusableCheckpointException extends IOException {
    UnusableCheckpointException(String message, Throwable cause) {
        super(message, cause);
    }

    UnusableCheckpointException(String message) {
        super(message);
    }
}
