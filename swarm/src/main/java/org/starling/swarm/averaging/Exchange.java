package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.compression.InvalidPayloadException;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.PartReply;

/** What the sides of an all-reduce have in common. Confined to the protocol thread. */
final class Exchange {
    static final Codec EXACT = Codec.named("none");
    private static final float[] NONE = {};

    private final Group group;
    private final Group.Subgroup subgroup;
    private final int self;
    private final PeerIdentity identity;
    private final AveragingSettings agreed;
    private final AveragingSettings settings;
    private final TimedCalls calls;
    private final Scheduler scheduler;
    private final TrafficLog traffic = new TrafficLog();
    private float[] gradient;

    /**
     * @param self this member, by index
     * @param gradient {@code float[elements]}: this member's mean gradient; not changed, but kept until it is {@link #release let
     *     go}
     * @param identity of this member
     */
    Exchange(
            Group group,
            int self,
            float[] gradient,
            PeerIdentity identity,
            AveragingSettings settings,
            TimedCalls calls,
            Scheduler scheduler) {
        this.group = group;
        this.subgroup = group.subgroupOf(self);
        this.self = self;
        this.gradient = gradient;
        this.identity = identity;
        this.calls = calls;
        this.scheduler = scheduler;
        this.agreed = settings.withPartTimeout(
                LoadBalancer.partTimeout(settings, slowestBandwidth(), reducers(), partBytes()));
        Duration far = LoadBalancer.partTimeout(settings, furthest());
        this.settings = far.compareTo(agreed.partTimeout()) > 0 ? agreed.withPartTimeout(far) : agreed;
    }

    Group group() {
        return group;
    }

    Group.Subgroup subgroup() {
        return subgroup;
    }

    int self() {
        return self;
    }

    /**
     * The part timeout as all members of the subgroup know it. Whoever misses something asks after a share of it, however far others
     * are: these may count on it.
     */
    Duration commonPartTimeout() {
        return agreed.partTimeout();
    }

    /** Those of the run, with a part timeout that suits the members' lines and the way from here to them. */
    AveragingSettings settings() {
        return settings;
    }

    TimedCalls calls() {
        return calls;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    Deadlines deadlines() {
        return calls.deadlines();
    }

    /** Whether this peer only reduces, without a gradient of its own. */
    boolean helps() {
        return group.isHelper(self);
    }

    /** Notes how many bytes have been sent or received. */
    void moved(long bytes) {
        traffic.moved(scheduler.nanoTime(), bytes);
    }

    /** Notes that a message has been sent or received. */
    void moved(Message message) {
        moved(message.getSerializedSize());
    }

    TrafficLog traffic() {
        return traffic;
    }

    /** This member's gradient, until the exchange is over. */
    float[] gradient() {
        return gradient;
    }

    /** The exchange is over: nothing is sent any more. */
    void release() {
        gradient = NONE;
    }

    private long reducers() {
        return group.parts().stream()
                .map(part -> part.reducers(subgroup).get(0))
                .distinct()
                .count();
    }

    private long partBytes() {
        Group.Part part = group.parts().get(0);
        return group.codec(part).encodedBytes(part.elements());
    }

    private double slowestBandwidth() {
        return group.members().subList(subgroup.first(), subgroup.end()).stream()
                .mapToDouble(Group.Member::bandwidth)
                .filter(bandwidth -> bandwidth > 0)
                .min()
                .orElse(0);
    }

    private Duration furthest() {
        return group.acquaintancesOf(self).stream()
                .map(member ->
                        group.participant(member).endpoint().orElseThrow().address())
                .map(calls.deadlines()::roundTrip)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
    }

    /** Parts that a member of the subgroup keeps under way to one reducer, as every other member knows too. */
    int partsInFlight(int member) {
        return LoadBalancer.partsInFlight(agreed, group.participant(member).bandwidth(), reducers(), partBytes());
    }

    /** A part's average as this member, its root, tells it to everybody. Heavy: call it on a worker. */
    SignedAverage.WithAverage average(Group.Part part, SubgroupMean mean) {
        return SignedAverage.sign(
                group,
                part,
                self,
                identity,
                PartReply.newBuilder()
                        .setPayload(UnsafeByteOperations.unsafeWrap(
                                group.codec(part).encode(mean.values(), 0, part.elements())))
                        .setIncluded(mean.includedBytes()));
    }

    /** Decodes a payload on a worker into floats, all finite then. */
    CompletableFuture<float[]> decode(Codec codec, ByteString payload, float[] values) {
        return scheduler.compute(() -> {
            codec.decode(payload.asReadOnlyByteBuffer(), values, 0, values.length);
            return values;
        });
    }

    /** Does heavy work; failing would be a defect, and ends the exchange. */
    <T> void compute(Callable<T> work, Hub hub, Consumer<T> then) {
        scheduler.compute(work).whenComplete(scheduler.guarded((value, failure) -> {
            if (failure != null) {
                hub.cancel("Reducing failed: " + failure.getMessage());
            } else {
                then.accept(value);
            }
        }));
    }

    static Throwable asRefusal(Throwable failure) {
        return failure instanceof InvalidPayloadException
                ? new RefusalException(Reason.MALFORMED, String.valueOf(failure.getMessage()))
                : failure;
    }

    /** Where the sides of an exchange meet. */
    interface Hub {
        /** Whether there is a result, or will be none. */
        boolean isOver();

        /** Whether the averaged part is here. */
        boolean isStaged(int part);

        /** An averaged part has come from another member, perhaps with the reason why this one's gradient is not in it. */
        void deliver(Group.Part part, PartReply reply, int from);

        /** This member has averaged a part. */
        void deliver(Group.Part part, SignedAverage.WithAverage own);

        /** A member reduces no more: what it was to reduce is for the next in line. */
        void goOnWithout(int member);

        /** Something has changed, so that a part may be complete now. */
        void reduceIfReady(int part);

        /** Ends the exchange without a result. */
        void cancel(String reason);
    }
}
