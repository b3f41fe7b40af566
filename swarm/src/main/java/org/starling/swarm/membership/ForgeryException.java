package org.starling.swarm.membership;

/** A statement that its author has not signed. Nobody passes one on who has looked at it: whoever sends it has made it up. */
final class ForgeryException extends IllegalArgumentException {
    ForgeryException() {
        super("news with a wrong signature, or of another run");
    }
}
