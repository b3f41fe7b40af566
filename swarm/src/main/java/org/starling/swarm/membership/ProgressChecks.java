package org.starling.swarm.membership;

import org.starling.swarm.digest.Digest;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.Progress;

/** What a progress report must satisfy before anybody adds it up. */
final class ProgressChecks {
    private static final double MAX_SAMPLES_PER_SECOND = 1e7;
    private static final long MAX_SAMPLES = 1L << 40;
    private static final int MAX_LISTED = 16;

    private ProgressChecks() {}

    static void check(Progress progress) {
        if (progress.getStateDigest().size() != 0) {
            Digest.of(progress.getStateDigest());
        }
        if (progress.getSamples() < 0 || progress.getSamples() > MAX_SAMPLES) {
            throw new IllegalArgumentException("progress that claims " + progress.getSamples() + " samples");
        }
        double speed = progress.getSamplesPerSecond();
        if (!(speed >= 0 && speed <= MAX_SAMPLES_PER_SECOND)) {
            throw new IllegalArgumentException("progress that claims " + speed + " samples a second");
        }
        if (progress.getServesCount() > MAX_LISTED || progress.getEvaluationsCount() > MAX_LISTED) {
            throw new IllegalArgumentException("progress with too long a list");
        }
        progress.getServesList().forEach(Digest::of);
        for (Evaluation evaluation : progress.getEvaluationsList()) {
            if (!Double.isFinite(evaluation.getLoss()) || evaluation.getBaselinesCount() > MAX_LISTED) {
                throw new IllegalArgumentException("progress with a malformed evaluation");
            }
        }
        if (!Double.isFinite(progress.getTrainingLoss())) {
            throw new IllegalArgumentException("progress with a loss that is not finite");
        }
    }
}
