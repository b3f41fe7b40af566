package org.starling.swarm.averaging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starling.swarm.wire.proto.GroupMember;
import org.starling.swarm.wire.proto.Span;

/** Who reduces what. A pure function. */
final class Spans {
    private Spans() {}

    /**
     * Each reachable member's span; the next reachable members in line take over.
     *
     * @param members of the round, and its helpers after them
     * @param helpers how many of them are helpers, who reduce in the one subgroup that there is then
     * @param subgroup whose spans these are
     * @param unit spans begin at multiples of so many elements
     */
    static List<Span> of(List<GroupMember> members, int helpers, Group.Subgroup subgroup, int elements, int unit) {
        int n = subgroup.size() + helpers;
        double[] bandwidths = new double[n];
        for (int i = 0; i < n; i++) {
            GroupMember member = members.get(subgroup.first() + i);
            bandwidths[i] = member.getAddress().isEmpty() ? 0 : member.getBandwidth();
        }
        if (Arrays.stream(bandwidths).allMatch(b -> b == 0)) {
            // nobody offers to reduce, so whoever can be reached must; alone, one's own address does not matter
            for (int i = 0; i < n; i++) {
                boolean reachable =
                        !members.get(subgroup.first() + i).getAddress().isEmpty();
                bandwidths[i] = members.size() == 1 || reachable ? 1 : 0;
            }
        }
        int[] split = LoadBalancer.split(bandwidths, (elements + unit - 1) / unit);
        List<Span> spans = new ArrayList<>();
        long offset = 0;
        for (int i = 0; i < n; i++) {
            if (split[i] == 0) {
                continue;
            }
            long end = Math.min(elements, offset + (long) split[i] * unit);
            Span.Builder span = Span.newBuilder()
                    .setOffset(offset)
                    .setElements(end - offset)
                    .addReducers(subgroup.first() + i);
            for (int k = 1; k < n && span.getReducersCount() <= Group.MAX_BACKUPS; k++) {
                int backup = (i + k) % n;
                if (bandwidths[backup] > 0) {
                    span.addReducers(subgroup.first() + backup);
                }
            }
            spans.add(span.build());
            offset = end;
        }
        return spans;
    }
}
