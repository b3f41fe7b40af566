package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.compression.InvalidPayloadException;

/** Takes the mean of a part over the members of a subgroup. */
final class SubgroupReducer extends Reducer<SubgroupReducer.Contribution> {
    private final Group.Subgroup subgroup;

    /** A member's gradient. */
    sealed interface Contribution {
        /** This member's own; the part begins at the offset of the array. */
        record Own(float[] values, int offset) implements Contribution {}

        /** As it came, so that it takes no more memory than on the way. */
        record Sent(ByteString payload) implements Contribution {}
    }

    /** @param invalid what is wrong with those contributions that are not in the mean, by member */
    record Reduced(SubgroupMean mean, Map<Integer, InvalidPayloadException> invalid) {}

    SubgroupReducer(Group group, Group.Part part, Group.Subgroup subgroup, long createdAtNanos) {
        super(group, part, subgroup.first(), subgroup.size(), createdAtNanos);
        this.subgroup = subgroup;
    }

    /** The mean of what was taken and can be decoded, weighted by samples. Heavy: call it on a worker. */
    Reduced reduce(List<@Nullable Contribution> contributions) {
        Map<Integer, InvalidPayloadException> invalid = new TreeMap<>();
        while (true) {
            try {
                return new Reduced(mean(contributions), invalid);
            } catch (InvalidContributionException e) {
                contributions.set(e.index, null);
                invalid.put(subgroup.first() + e.index, e.why);
            }
        }
    }

    private SubgroupMean mean(List<@Nullable Contribution> contributions) throws InvalidContributionException {
        double total = 0;
        BitSet included = new BitSet();
        for (int i = 0; i < contributions.size(); i++) {
            if (contributions.get(i) != null) {
                included.set(subgroup.first() + i);
                total += group.members().get(subgroup.first() + i).samples();
            }
        }
        float[] mean = new float[part.elements()];
        float[] decoded = new float[part.elements()];
        for (int i = 0; i < contributions.size(); i++) {
            Contribution contribution = contributions.get(i);
            long samples = group.members().get(subgroup.first() + i).samples();
            float weight = total > 0 ? (float) (samples / total) : 0;
            if (contribution instanceof Contribution.Own own) {
                add(mean, weight, own.values(), own.offset());
            } else if (contribution instanceof Contribution.Sent sent) {
                try {
                    group.codec(part).decode(sent.payload().asReadOnlyByteBuffer(), decoded, 0, decoded.length);
                } catch (InvalidPayloadException e) {
                    throw new InvalidContributionException(i, e);
                }
                add(mean, weight, decoded, 0);
            }
        }
        return new SubgroupMean(mean, included);
    }

    private static final class InvalidContributionException extends Exception {
        final int index;
        final InvalidPayloadException why;

        InvalidContributionException(int index, InvalidPayloadException why) {
            super(why);
            this.index = index;
            this.why = why;
        }
    }

    static void add(float[] sum, float weight, float[] values, int offset) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += weight * values[offset + i];
        }
    }
}
