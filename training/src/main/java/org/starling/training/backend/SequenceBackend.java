package org.starling.training.backend;

/** A backend for models of token sequences, which can also be asked what comes next. */
public interface SequenceBackend extends Backend<TokenBatch> {
    /** Logits of the next token after each (incomplete) sequence, {@code float[samples][vocabulary]}. */
    float[][] predictNext(TokenBatch prefixes);
}
