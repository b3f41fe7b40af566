package org.starling.training.checkpoint;

import java.time.Instant;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Which run a checkpoint is of and where in it: the content of {@code run.json}.
 *
 * @param format version of this file; currently 1
 * @param run name of the run
 * @param task name of the task
 * @param settings complete settings of the task
 * @param attribution source and licence of the data
 * @param epoch epochs committed, which is also the number of optimizer steps
 * @param generation number of rollbacks before this state
 * @param parameters number of parameters
 * @param stateDigest digest that names the state in the swarm, as text
 * @param recordId epoch record that committed the state, as text; null for a state that no record names
 * @param samples samples that all peers together contributed so far
 * @param metric what {@code loss} is measured in
 * @param loss latest validation loss known, or null
 * @param created when the checkpoint was written
 */
public record RunSummary(
        int format,
        String run,
        String task,
        SortedMap<String, String> settings,
        String attribution,
        long epoch,
        long generation,
        int parameters,
        String stateDigest,
        @Nullable String recordId,
        long samples,
        String metric,
        @Nullable Double loss,
        Instant created) {
    /** The version of {@code run.json} that this software writes, the only one it reads. */
    public static final int FORMAT = 1;
}
