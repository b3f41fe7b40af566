package org.starling.metrics.store;

/**
 * How far the run has come. What a peer says of itself counts only up to there: of what is yet to come nobody can know.
 *
 * @param generation the newest
 * @param epoch the highest that a record, or a rollback, has led to
 */
public record Reach(long generation, long epoch) {
    public boolean covers(long ofGeneration, long ofEpoch) {
        return ofGeneration >= 0 && ofGeneration <= generation && ofEpoch >= 0 && ofEpoch <= epoch;
    }
}
