package org.starling.swarm.averaging;

import com.google.protobuf.UnsafeByteOperations;
import java.util.List;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.wire.proto.PartReply;

/**
 * The parts of a result as others may still ask for them. Where the codec is exact their bytes are made of the values again, so
 * that the result is not in memory twice; else the values are not held here.
 */
final class StagedParts {
    private static final float[] NONE = {};

    private final Group group;
    private final List<PartReply> parts;
    private final float[] values;

    StagedParts(Group group, AveragedGradient average) {
        this.group = group;
        this.parts = average.parts();
        this.values = parts.stream().anyMatch(part -> part.getPayload().isEmpty()) ? average.values() : NONE;
    }

    boolean has(int part) {
        return part >= 0 && part < parts.size();
    }

    PartReply get(int part) {
        return complete(group, group.parts().get(part), parts.get(part), values);
    }

    /** What is to be kept of a part once it is decoded. */
    static PartReply withoutWhatTheValuesSay(Group group, Group.Part part, PartReply reply) {
        return group.codec(part).isExact() ? reply.toBuilder().clearPayload().build() : reply;
    }

    /** The part with the bytes that were left out. */
    static PartReply complete(Group group, Group.Part part, PartReply kept, float[] values) {
        if (!kept.getPayload().isEmpty()) {
            return kept;
        }
        Codec codec = group.codec(part);
        return kept.toBuilder()
                .setPayload(UnsafeByteOperations.unsafeWrap(codec.encode(values, part.offset(), part.elements())))
                .build();
    }
}
