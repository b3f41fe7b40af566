package org.starling.training.backend;

/**
 * Token sequences of equal length.
 *
 * @param samples number of sequences, at least 1
 * @param tokens {@code int[samples * length]}, one sequence after the other; not modified
 */
public record TokenBatch(int samples, int[] tokens) {
    public TokenBatch {
        if (samples < 1 || tokens.length % samples != 0) {
            throw new IllegalArgumentException(tokens.length + " tokens are not " + samples + " equal sequences");
        }
    }

    /** Tokens of a sequence. */
    public int length() {
        return tokens.length / samples;
    }
}
