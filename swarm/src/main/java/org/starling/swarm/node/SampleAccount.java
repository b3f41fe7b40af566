package org.starling.swarm.node;

/** What has become of the rounds and the samples of this peer. Confined to the protocol thread. */
final class SampleAccount {
    private long roundsCommitted;
    private long roundsVoid;
    private long committed;
    private long lost;
    private long inRound;

    long roundsCommitted() {
        return roundsCommitted;
    }

    long roundsVoid() {
        return roundsVoid;
    }

    /** Samples that were averaged. */
    long committed() {
        return committed;
    }

    /** Samples that were computed and never averaged. */
    long lost() {
        return lost;
    }

    /** Samples in the round that is under way. */
    long inRound() {
        return inRound;
    }

    void enterRound(long samples) {
        inRound = samples;
    }

    void leaveRound() {
        inRound = 0;
    }

    void roundCommitted() {
        roundsCommitted++;
    }

    void roundVoid() {
        roundsVoid++;
    }

    void commit(long samples) {
        committed += samples;
    }

    void lose(long samples) {
        lost += samples;
    }

    /** Samples that counted as lost have been averaged all the same. */
    void recover(long samples) {
        lost -= samples;
        committed += samples;
    }
}
