package org.starling.swarm.membership;

import org.starling.swarm.digest.Digest;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.Progress;

/** What a progress report must satisfy before anybody adds it up. */
final class ProgressChecks {
    private static final int MAX_LISTED = 16;

    private ProgressChecks() {}

    /** Whether others may write it into a line, a page or a database as it is. */
    static boolean isPrintable(String text) {
        return text.chars().noneMatch(Character::isISOControl);
    }

    static void check(Progress progress, SampleLimits limits) {
        if (progress.getStateDigest().size() != 0) {
            Digest.of(progress.getStateDigest());
        }
        if (!limits.arePossible(progress.getSamples())) {
            throw new IllegalArgumentException("progress that claims " + progress.getSamples() + " samples");
        }
        double speed = progress.getSamplesPerSecond();
        if (!limits.isPossibleSpeed(speed)) {
            throw new IllegalArgumentException("progress that claims " + speed + " samples a second");
        }
        if (progress.getServesCount() > MAX_LISTED || progress.getEvaluationsCount() > MAX_LISTED) {
            throw new IllegalArgumentException("progress with too long a list");
        }
        progress.getServesList().forEach(Digest::of);
        for (Evaluation evaluation : progress.getEvaluationsList()) {
            if (!Double.isFinite(evaluation.getLoss())
                    || evaluation.getBaselinesCount() > MAX_LISTED
                    || !evaluation.getBaselinesMap().values().stream().allMatch(Double::isFinite)
                    || !evaluation.getBaselinesMap().keySet().stream().allMatch(ProgressChecks::isPrintable)) {
                throw new IllegalArgumentException("progress with a malformed evaluation");
            }
        }
        if (!Double.isFinite(progress.getTrainingLoss())) {
            throw new IllegalArgumentException("progress with a loss that is not finite");
        }
    }
}
