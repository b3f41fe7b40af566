package org.starling.swarm.averaging;

import java.time.Duration;

/**
 * What has a time that is allowed for it. That time follows from how long the same has taken before, within bounds that are shares of
 * the usual one; where both bounds are 1 it is always the usual one, because the others of a round wait as long, or because nothing
 * like it was measured before.
 */
public enum Deadline {
    /** From the beginning of the meeting to the manifest; the leader's window is allowed. */
    MEETING,

    /** From applying to a leader or the chair to the manifest; its window is allowed, and what the call itself may take. */
    JOIN,

    /** From a helper's offer to the manifest. */
    OFFER,

    /** From sending a part to its average. */
    PART(1.0 / 2, 1),

    /** From asking a member for a sign of life to its answer; what is left of a part timeout is usual. */
    SIGN_OF_LIFE(1.0 / 2, 1),

    /** From asking for an averaged part to the answer. */
    FETCHED_PART(1.0 / 4, 1),

    /** From a sender's last sign of life to the next, while a part waits for it; a part timeout is allowed. */
    SILENCE,

    /** From handing one's vote to somebody who counts to the outcome; then the next one is told as well. */
    TELLER(1.0 / 4, 1),

    /** From a call that brings votes to its answer, which is given when the outcome is known. */
    VOTE_CALL,

    /** From a member's own result to the outcome; then it counts without the votes that are missing. */
    VOTES,

    /** From asking for the outcome to the answer. */
    OUTCOME(1.0 / 4, 1),

    /** From hearing that the others have a result to having it. */
    RESULT,

    /** From the manifest to the outcome. */
    ROUND,

    /** From handing signatures of a record to somebody who gathers them to its being final; then the next one is told as well. */
    SIGNATURES,

    /** From asking for the records between two states to having them. */
    HISTORY(1.0 / 4, 3),

    /** From asking for a chunk of a state to the chunk. */
    STATE_CHUNK(1.0 / 4, 3),

    /** From asking for a state as a whole to having it, however often it is tried; whoever asks says how long. */
    STATE,

    /** From sending bytes that fill the line to hearing that they have come. */
    PROBE,

    /** From saying what is new to hearing it. */
    GOSSIP(1.0 / 4, 3),

    /** Of any other call that is answered at once. */
    CALL(1.0 / 4, 3);

    private final double least;
    private final double most;

    Deadline() {
        this(1, 1);
    }

    Deadline(double least, double most) {
        this.least = least;
        this.most = most;
    }

    double least() {
        return least;
    }

    double most() {
        return most;
    }

    boolean isAdapted() {
        return least != most;
    }

    /** Small calls that are answered at once all measure the way there and back. */
    Deadline basis() {
        return this == CALL || this == OUTCOME || this == SIGN_OF_LIFE ? GOSSIP : this;
    }

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
