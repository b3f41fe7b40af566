package org.starling.metrics.web;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starling.metrics.store.AccountSamples;
import org.starling.metrics.store.EpochPoint;
import org.starling.metrics.store.EvaluationPoint;
import org.starling.metrics.store.RollbackPoint;

/** What the figures look like as JSON. */
final class Views {
    private Views() {}

    /**
     * The run at a glance.
     *
     * @param phase of this service's peer
     * @param totalSamples committed on the chain that counts
     * @param swarmSamples towards the next epoch, all peers together
     * @param samplesPerSecond of all peers together
     * @param peersSeen ever
     * @param trainingLoss of the newest epochs, mean over the peers that train; nats
     * @param evaluation newest validation
     */
    record Summary(
            String run,
            String task,
            long generation,
            long epoch,
            @Nullable String stateDigest,
            @Nullable String record,
            long totalSamples,
            long targetBatchSize,
            long swarmSamples,
            double samplesPerSecond,
            int peersAlive,
            int trainers,
            long peersSeen,
            @Nullable Double trainingLoss,
            @Nullable Evaluation evaluation,
            List<RollbackPoint> rollbacks,
            String phase,
            String explanation) {}

    /**
     * A validation.
     *
     * @param loss nats per target token
     * @param baselines losses of predictors that know only frequencies, by name
     */
    record Evaluation(long generation, long epoch, double loss, Map<String, Double> baselines) {}

    /**
     * A peer that is alive, in its own words.
     *
     * @param synced whether its state is the one of the head
     * @param samples towards the next epoch
     * @param samplesCommitted credited to it in epoch records that count
     * @param samplesTotal computed since it started
     */
    record PeerRow(
            String peer,
            String account,
            List<String> roles,
            long generation,
            long epoch,
            @Nullable String stateDigest,
            boolean synced,
            long samples,
            long samplesCommitted,
            long samplesTotal,
            long samplesLost,
            double samplesPerSecond,
            @Nullable Double trainingLoss,
            String device,
            String agent,
            boolean reachable,
            Instant lastHeard) {}

    /** A drawn picture; the number is its address's. */
    record GalleryItem(int number, String url, String prompt, long generation, long epoch) {}

    /** Epochs oldest first, and validations of whatever epoch. */
    record Curve(List<EpochPoint> epochs, List<EvaluationPoint> evaluations) {}

    /** What a watching browser is sent. Of the epochs only those that have changed. */
    record Update(
            Summary summary,
            List<PeerRow> peers,
            List<AccountSamples> contributions,
            List<GalleryItem> gallery,
            Curve curve) {
        Update with(Curve changed) {
            return new Update(summary, peers, contributions, gallery, changed);
        }
    }
}
