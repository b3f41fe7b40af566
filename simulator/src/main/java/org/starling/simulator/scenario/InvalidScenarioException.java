package org.starling.simulator.scenario;

/** A scenario that cannot be run; the message says where and what would be accepted. */
public final class InvalidScenarioException extends Exception {
    InvalidScenarioException(String message) {
        super(message);
    }
}
