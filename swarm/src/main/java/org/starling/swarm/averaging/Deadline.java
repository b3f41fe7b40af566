package org.starling.swarm.averaging;

import java.time.Duration;

/** What has a time that is allowed for it. */
public enum Deadline {
    /** From the beginning of the meeting to the manifest; the leader's window is allowed. */
    MEETING,

    /** From sending a part to its average. */
    PART,

    /** From asking a member for a sign of life to its answer. */
    SIGN_OF_LIFE,

    /** From a sender's last sign of life to the next, while a part waits for it; a part timeout is allowed. */
    SILENCE,

    /** From a member's own result to the outcome; then it counts without the votes that are missing. */
    VOTES,

    /** From the manifest to the outcome. */
    ROUND,

    /** From asking for a chunk of a state to the chunk. */
    STATE_CHUNK,

    /** From saying what is new to hearing it. */
    GOSSIP,

    /** Of any other call that is answered at once. */
    CALL;

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
