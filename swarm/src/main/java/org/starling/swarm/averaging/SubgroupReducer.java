package org.starling.swarm.averaging;

import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes the mean of a part over the members of a subgroup. */
final class SubgroupReducer extends Reducer<SubgroupReducer.Contribution> {
    private final Group.Subgroup subgroup;

    /** A member's gradient; the part begins at the offset of the array. */
    record Contribution(float[] values, int offset) {}

    SubgroupReducer(Group group, Group.Part part, Group.Subgroup subgroup, long createdAtNanos) {
        super(group, part, subgroup.first(), subgroup.size(), createdAtNanos);
        this.subgroup = subgroup;
    }

    /** The mean of what was taken, weighted by samples. Heavy: call it on a worker. */
    SubgroupMean reduce(List<@Nullable Contribution> contributions) {
        double total = 0;
        BitSet included = new BitSet();
        for (int i = 0; i < contributions.size(); i++) {
            if (contributions.get(i) != null) {
                included.set(subgroup.first() + i);
                total += group.members().get(subgroup.first() + i).samples();
            }
        }
        float[] mean = new float[part.elements()];
        for (int i = 0; i < contributions.size(); i++) {
            Contribution contribution = contributions.get(i);
            if (contribution != null && total > 0) {
                long samples = group.members().get(subgroup.first() + i).samples();
                add(mean, (float) (samples / total), contribution.values(), contribution.offset());
            }
        }
        return new SubgroupMean(mean, included);
    }

    static void add(float[] sum, float weight, float[] values, int offset) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += weight * values[offset + i];
        }
    }
}
