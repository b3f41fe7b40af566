package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.wire.proto.PartReply;

/** Averages a part over the subgroups and encodes it, once for everybody. */
final class RootReducer extends Reducer<SubgroupMean> {
    RootReducer(Group group, Group.Part part, long createdAtNanos) {
        super(group, part, 0, group.subgroups().size(), createdAtNanos);
    }

    /** The mean of what was taken, weighted by samples; encoded. Heavy: call it on a worker. */
    PartReply reduce(List<@Nullable SubgroupMean> means) {
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
        return encode(group, part, new SubgroupMean(average, included));
    }

    static PartReply encode(Group group, Group.Part part, SubgroupMean mean) {
        return PartReply.newBuilder()
                .setPayload(
                        UnsafeByteOperations.unsafeWrap(group.codec(part).encode(mean.values(), 0, part.elements())))
                .setIncluded(ByteString.copyFrom(mean.included().toByteArray()))
                .build();
    }
}
