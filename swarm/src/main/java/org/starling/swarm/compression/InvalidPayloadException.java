package org.starling.swarm.compression;

/** Bytes that no honest encoder makes. */
public final class InvalidPayloadException extends RuntimeException {
    public InvalidPayloadException(String message) {
        super(message);
    }

    static void requireLength(int expected, int actual) {
        if (actual != expected) {
            throw new InvalidPayloadException("A payload of " + actual + " bytes where " + expected + " belong");
        }
    }
}
