package org.starling.swarm.averaging;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.PartReply;

/**
 * The root's side of an all-reduce: averages the subgroups' means of those parts of which this member is the root, and encodes
 * the result once for everybody. Confined to the protocol thread.
 */
final class RootSide {
    private final Exchange exchange;
    private final Exchange.Hub hub;
    private final Counterparts others;
    private final Map<Integer, SubgroupMean> ownMeans;
    private final Map<Integer, RootReducer> roots = new TreeMap<>();

    /** @param ownMeans of this member's subgroup, by part, as they become known */
    RootSide(Exchange exchange, Exchange.Hub hub, Counterparts others, Map<Integer, SubgroupMean> ownMeans) {
        this.exchange = exchange;
        this.hub = hub;
        this.others = others;
        this.ownMeans = ownMeans;
    }

    /** Begins with a part, unless that has been done. */
    RootReducer open(Group.Part part) {
        RootReducer root = roots.get(part.index());
        if (root == null) {
            root = new RootReducer(exchange.group(), part, exchange.scheduler().nanoTime());
            roots.put(part.index(), root);
            SubgroupMean mean = ownMeans.get(part.index());
            if (mean != null) {
                root.contribute(exchange.subgroup().index(), mean);
            }
            if (part.roots().get(0) != exchange.self()) {
                List<Integer> members = new ArrayList<>();
                part.reducers()
                        .forEach(inSubgroup -> others.firstLeft(inSubgroup).ifPresent(members::add));
                others.askWhatThePredecessorAnswered(part, members);
            }
            hub.reduceIfReady(part.index());
        }
        return root;
    }

    /** The mean of this member's own subgroup is known. */
    void contribute(Group.Part part, SubgroupMean mean) {
        RootReducer root = roots.get(part.index());
        if (root != null) {
            root.contribute(exchange.subgroup().index(), mean);
            hub.reduceIfReady(part.index());
        }
    }

    /** @throws RefusalException unless the mean comes from a reducer of another subgroup, and belongs here */
    BitSet requireMean(int member, Group.Part part, MeanRequest request) {
        Group.Subgroup from = exchange.group().subgroupOf(member);
        if (exchange.group().subgroups().size() == 1
                || !part.roots().contains(exchange.self())
                || !part.reducers(from).contains(member)) {
            throw new RefusalException(
                    Reason.MALFORMED, "Part " + part.index() + " does not come from this member, or not to here");
        }
        return SubgroupMean.parseIncluded(request.getIncluded(), from);
    }

    /** Whether the mean of a member's subgroup is wanted here and has not come. */
    boolean isMissingFrom(int member, Group.Part part) {
        RootReducer root = roots.get(part.index());
        return part.roots().contains(exchange.self())
                && (root == null
                        || root.isMissingFrom(
                                exchange.group().subgroupOf(member).index()));
    }

    /** Takes in the mean of a part from a reducer of another subgroup. The future completes with the average. */
    CompletableFuture<PartReply> receive(int member, Group.Part part, MeanRequest request, BitSet included) {
        RootReducer root = open(part);
        CompletableFuture<PartReply> reply = root.awaitResult();
        float[] values = new float[part.elements()];
        exchange.decode(Exchange.EXACT, request.getPayload(), values)
                .whenComplete(exchange.scheduler().guarded((decoded, failure) -> {
                    if (failure == null) {
                        root.contribute(
                                exchange.group().subgroupOf(member).index(), new SubgroupMean(values, included));
                        hub.reduceIfReady(part.index());
                    } else {
                        reply.completeExceptionally(Exchange.asRefusal(failure));
                    }
                }));
        return reply;
    }

    /** Reduces the part if every subgroup has contributed that still can. */
    void reduceIfReady(Group.Part part) {
        RootReducer root = roots.get(part.index());
        if (root != null && root.readyOnce(other -> isGone(part, other))) {
            List<@Nullable SubgroupMean> taken = root.take();
            exchange.compute(() -> exchange.average(part, root.reduce(taken)), hub, own -> hub.deliver(part, own));
        }
    }

    /** Whether nobody in a subgroup is left who could reduce the part there. */
    private boolean isGone(Group.Part part, int subgroupIndex) {
        return part.reducers().get(subgroupIndex).stream().allMatch(others::isUnreachable);
    }

    void checkSilence(long now) {
        for (RootReducer root : List.copyOf(roots.values())) {
            if (!root.isReducing() && others.isOverdue(now, root.createdAtNanos())) {
                askMissingSubgroups(root, now);
            }
        }
    }

    private void askMissingSubgroups(RootReducer root, long now) {
        for (List<Integer> inSubgroup : root.part.reducers()) {
            if (!root.hasFrom(exchange.group().subgroupOf(inSubgroup.get(0)).index())) {
                inSubgroup.forEach(member -> others.askIfSilent(member, now));
            }
        }
    }

    Map<Integer, RootReducer> open() {
        return roots;
    }
}
