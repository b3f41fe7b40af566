package org.starling.swarm.averaging;

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
    /** What it reduces comes back later than anybody waits for. */
    REDUCES_SLOWLY("reduces slowly"),
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
    VANISHES("vanishes");

    private final String label;

    PeerFault(String label) {
        this.label = label;
    }

    boolean isDeath() {
        return this == FAILS_BEFORE
                || this == FAILS_SENDING
                || this == FAILS_REDUCING
                || this == CANCELS
                || this == VANISHES;
    }

    /** Whether only a reducer can have it. */
    boolean isOfReducers() {
        return this == FAILS_REDUCING || this == REDUCES_SLOWLY || this == CORRUPTS_AVERAGES;
    }

    @Override
    public String toString() {
        return label;
    }
}
