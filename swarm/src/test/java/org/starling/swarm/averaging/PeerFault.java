package org.starling.swarm.averaging;

import java.util.OptionalInt;

/** What can be wrong with a peer in a round. */
enum PeerFault {
    /** Dies before it has sent anything. */
    FAILS_BEFORE("dies before"),
    /** Dies when it has sent some of its parts. */
    FAILS_SENDING("dies sending"),
    /** Its parts take longer than anybody waits for. */
    SENDS_SLOWLY("sends slowly"),
    /** Dies when it has been sent some of the parts that it reduces. */
    FAILS_REDUCING("dies reducing"),
    /** Dies when one member, which cannot be called where there is such a one, has its average of a part, and nobody else. */
    ANSWERS_ONE("answers one and dies"),
    /** What it reduces comes back later than anybody waits for. */
    REDUCES_SLOWLY("reduces slowly"),
    /** Brings each reducer its first part, that one again and again, and no other. */
    REPEATS_PART("repeats one part"),
    /** Answers every question, and gives nobody a part that it reduces. */
    KEEPS_AVERAGES("keeps averages"),
    /** Its owner stops it in the middle. */
    CANCELS("cancels"),
    /** Its parts are cut off. */
    CORRUPTS_PARTS("corrupts its parts"),
    /** Hands each member another average. */
    CORRUPTS_AVERAGES("corrupts averages"),
    /** Its parts are not numbers. */
    SENDS_NAN("sends NaN"),
    /** Claims more samples, or fewer, than anybody can have; as a leader it writes them into the manifest. */
    LIES_ABOUT_WEIGHT("lies about weight"),
    /** Its connections break now and then. */
    RESETS("resets"),
    /** Its line stands still now and then. */
    STUTTERS("stutters"),
    /** Vanishes as in a power failure when it has sent and been sent something. */
    VANISHES("vanishes"),
    /** Single calls, and answers, get lost on their way to it and from it, and nobody is told. */
    LOSES_CALLS("loses calls"),
    /** Dies when the first vote is on its way to it or from it. */
    FAILS_VOTING("dies voting"),
    /** The same, and nobody is told. */
    VANISHES_VOTING("vanishes voting"),
    /** Leads, and tells everybody that the round is void. */
    SAYS_VOID("says void");

    private final String label;

    PeerFault(String label) {
        this.label = label;
    }

    boolean isDeath() {
        return this == FAILS_BEFORE
                || this == FAILS_SENDING
                || this == FAILS_REDUCING
                || this == ANSWERS_ONE
                || this == CANCELS
                || this == VANISHES
                || isOfVoters();
    }

    /** The part timeouts that it may cost the others; empty if that depends on chance, or on what else is wrong. */
    OptionalInt mostPartTimeouts() {
        if (isDeath() || this == REPEATS_PART) {
            return OptionalInt.of(1);
        }
        return this == KEEPS_AVERAGES ? OptionalInt.of(3) : OptionalInt.empty();
    }

    /** Whether what the peer reduces has been reduced when it dies. */
    boolean hasReduced() {
        return this == ANSWERS_ONE || isOfVoters();
    }

    /** Whether it shows after the exchange only. */
    boolean isOfVoters() {
        return this == FAILS_VOTING || this == VANISHES_VOTING;
    }

    /** Whether others cannot tell it from death for a while. */
    boolean looksLikeDeath() {
        return this == SENDS_SLOWLY
                || this == REDUCES_SLOWLY
                || this == REPEATS_PART
                || this == KEEPS_AVERAGES
                || this == CORRUPTS_AVERAGES
                || this == RESETS
                || this == LOSES_CALLS;
    }

    /** Whether it is the leader's. */
    boolean isOfLeaders() {
        return this == SAYS_VOID;
    }

    /** Whether only a reducer, or one who counts votes, can have it. */
    boolean isOfReducers() {
        return this == FAILS_REDUCING
                || this == ANSWERS_ONE
                || this == REDUCES_SLOWLY
                || this == KEEPS_AVERAGES
                || this == CORRUPTS_AVERAGES
                || isOfLeaders();
    }

    /** Whether a peer can have it that only reduces. */
    boolean isOfHelpers() {
        return isOfReducers() && !isOfLeaders()
                || this == FAILS_BEFORE
                || this == CANCELS
                || this == RESETS
                || this == STUTTERS
                || this == VANISHES
                || this == LOSES_CALLS;
    }

    @Override
    public String toString() {
        return label;
    }
}
