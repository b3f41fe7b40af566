package org.starling.swarm.state;

/** No source could give a state; the message says what each said. */
public final class StateUnavailableException extends RuntimeException {
    public StateUnavailableException(String message) {
        super(message);
    }
}
