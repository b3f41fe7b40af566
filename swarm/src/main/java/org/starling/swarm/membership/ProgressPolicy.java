package org.starling.swarm.membership;

import org.starling.swarm.wire.proto.Progress;

/** Whether a peer's progress is worth telling the others, given what they believe already. A pure function. */
final class ProgressPolicy {
    /** How soon. */
    enum Telling {
        NOT_NOW,
        /** With the next heartbeats. */
        CALMLY,
        AT_ONCE
    }

    private ProgressPolicy() {}

    /**
     * Compares what is with what the others believe.
     *
     * @param believedSamples the believed progress's samples carried forward to now
     * @param tolerance samples by which the estimate may be off in any case
     * @param correctionDue whether the last word is old enough for one that only corrects an estimate
     * @param signOfLifeDue whether it is time to say something anyway
     */
    static Telling decide(
            Progress actual,
            Progress believed,
            double believedSamples,
            double tolerance,
            boolean correctionDue,
            boolean signOfLifeDue) {
        if (!isAtSamePosition(actual, believed) || !actual.getServesList().equals(believed.getServesList())) {
            return Telling.AT_ONCE;
        }
        if (signOfLifeDue) {
            return Telling.CALMLY;
        }
        boolean worthCorrecting = isFarFrom(actual.getSamples(), believedSamples, tolerance)
                || isFarFrom(actual.getSamplesPerSecond(), believed.getSamplesPerSecond(), 0)
                || actual.getOrderNumber() != believed.getOrderNumber()
                || !actual.getEvaluationsList().equals(believed.getEvaluationsList());
        return worthCorrecting && correctionDue ? Telling.CALMLY : Telling.NOT_NOW;
    }

    private static boolean isAtSamePosition(Progress a, Progress b) {
        return a.getGeneration() == b.getGeneration()
                && a.getEpoch() == b.getEpoch()
                && a.getNewcomer() == b.getNewcomer()
                && a.getStateDigest().equals(b.getStateDigest());
    }

    private static boolean isFarFrom(double actual, double believed, double tolerance) {
        return Math.abs(actual - believed) > Math.max(tolerance, Math.max(actual, believed) / 4);
    }
}
