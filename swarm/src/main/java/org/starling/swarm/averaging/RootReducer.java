package org.starling.swarm.averaging;

import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Averages a part over the subgroups. */
final class RootReducer extends Reducer<SubgroupMean> {
    RootReducer(Group group, Group.Part part, long createdAtNanos) {
        super(group, part, 0, group.subgroups().size(), createdAtNanos);
    }

    /** The mean of what was taken, weighted by samples. Heavy: call it on a worker. */
    SubgroupMean reduce(List<@Nullable SubgroupMean> means) {
        double total = 0;
        BitSet included = new BitSet();
        for (SubgroupMean mean : means) {
            if (mean != null) {
                total += mean.samples(group);
                included.or(mean.included());
            }
        }
        float[] average = new float[part.elements()];
        for (SubgroupMean mean : means) {
            if (mean != null && total > 0) {
                SubgroupReducer.add(average, (float) (mean.samples(group) / total), mean.values(), 0);
            }
        }
        return new SubgroupMean(average, included);
    }
}
