package org.starling.swarm.averaging;

import java.time.Duration;

/** The times that a round allows. */
public enum Deadline {
    /** From the beginning of the meeting to the manifest; the leader's window is allowed. */
    MEETING,

    /** From sending a part to its average. */
    PART,

    /** From the manifest to the outcome. */
    ROUND;

    /** Hears how much of its time everything took that has one. */
    @FunctionalInterface
    public interface Watch {
        Watch NOBODY = (deadline, took, allowed) -> {};

        /**
         * Called on the protocol thread, also when the deadline has passed.
         *
         * @param allowed positive
         */
        void used(Deadline deadline, Duration took, Duration allowed);
    }
}
