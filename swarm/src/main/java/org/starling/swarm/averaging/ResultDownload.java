package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Fetches the committed result of a round, part by part, from members that have it; for a member whose own result is another, or that
 * has none. What comes is believed if it has the digest for which a quorum has voted; of a part so much is taken as a part has, if a
 * root has signed it. Confined to the protocol thread; one use.
 */
final class ResultDownload {
    private final Group group;
    private final Digest gradient;
    private final AveragingSettings settings;
    private final TimedCalls calls;
    private final Scheduler scheduler;
    private final long beganAtNanos;
    private final CompletableFuture<AveragedGradient> result = new CompletableFuture<>();

    /**
     * @param gradient digest of the committed result
     * @param settings of which the part timeout is for each part, and the round timeout for all of it
     */
    ResultDownload(Group group, Digest gradient, AveragingSettings settings, TimedCalls calls, Scheduler scheduler) {
        this.group = group;
        this.gradient = gradient;
        this.settings = settings;
        this.calls = calls;
        this.scheduler = scheduler;
        this.beganAtNanos = scheduler.nanoTime();
    }

    /** Asks one after another until one has given all of it. Fails if none has. */
    CompletableFuture<AveragedGradient> from(List<Endpoint> holders) {
        from(holders, 0);
        return result;
    }

    private void from(List<Endpoint> holders, int index) {
        if (index >= holders.size() || timeLeft().isNegative()) {
            result.completeExceptionally(new IllegalStateException("Nobody has given the committed result"));
            return;
        }
        fetchParts(holders.get(index), new ArrayList<>()).whenComplete(scheduler.guarded((parts, failure) -> {
            if (failure != null) {
                from(holders, index + 1);
                return;
            }
            scheduler.compute(() -> decode(parts)).whenComplete(scheduler.guarded((average, problem) -> {
                if (problem == null && average.digest().equals(gradient)) {
                    result.complete(average);
                } else {
                    from(holders, index + 1);
                }
            }));
        }));
    }

    private Duration timeLeft() {
        return settings.roundTimeout().minusNanos(scheduler.nanoTime() - beganAtNanos);
    }

    private CompletableFuture<List<PartReply>> fetchParts(Endpoint from, List<PartReply> soFar) {
        Duration left = timeLeft();
        if (left.isNegative()) {
            return CompletableFuture.failedFuture(
                    new IllegalStateException("The result has not come within " + settings.roundTimeout()));
        }
        if (soFar.size() == group.parts().size()) {
            return CompletableFuture.completedFuture(soFar);
        }
        return calls.call(
                        Deadline.FETCHED_PART,
                        from,
                        SwarmGrpc.getFetchPartMethod(),
                        FetchPartRequest.newBuilder()
                                .setGroupId(group.id())
                                .setPart(soFar.size())
                                .build(),
                        left.compareTo(settings.partTimeout()) < 0 ? left : settings.partTimeout())
                .thenCompose(reply ->
                        scheduler.compute(() -> checked(group.parts().get(soFar.size()), reply)))
                .thenCompose(part -> {
                    soFar.add(part);
                    return fetchParts(from, soFar);
                });
    }

    /** The part, without what is not of the result. */
    private PartReply checked(Group.Part part, PartReply reply) {
        int expected = group.codec(part).encodedBytes(part.elements());
        if (reply.getPayload().size() != expected) {
            throw new IllegalArgumentException(
                    "Part " + part.index() + " has " + reply.getPayload().size() + " bytes instead of " + expected);
        }
        SignedAverage.of(group, part, reply, AveragedGradient.hashOf(reply));
        return reply.toBuilder().clearLeftOut().build();
    }

    private AveragedGradient decode(List<PartReply> parts) {
        float[] values = new float[group.elements()];
        List<byte[]> hashes = new ArrayList<>();
        for (Group.Part part : group.parts()) {
            PartReply reply = parts.get(part.index());
            group.codec(part).decode(reply.getPayload().asReadOnlyByteBuffer(), values, part.offset(), part.elements());
            hashes.add(AveragedGradient.hashOf(reply));
        }
        List<PartReply> kept = group.parts().stream()
                .map(part -> StagedParts.withoutWhatTheValuesSay(group, part, parts.get(part.index())))
                .toList();
        return new AveragedGradient(values, kept, AveragedGradient.digestOf(hashes));
    }
}
