package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.SwarmGrpc;

/** The offer of a peer without a gradient to reduce in a round, as hivemind's auxiliary averagers do. */
public final class Offer {
    /** A codec that depends on the tensors of the model, which a helper does not know. */
    private static final String BY_TENSOR = "size-adaptive";

    /** What a helper keeps of a round in memory, of all that its process has. */
    private static final int MEMORY_SHARE = 4;

    private Offer() {}

    /** Whether a peer that knows nothing of the model can reduce in this run. */
    public static boolean isPossible(AveragingSettings settings) {
        return !settings.codec().equals(BY_TENSOR);
    }

    /**
     * Offers to reduce. The future completes with the group when the round starts, or fails with a refusal, or because nobody
     * answers, or with an {@link IllegalArgumentException} if the group is not acceptable.
     *
     * @param bandwidth bytes a second, positive
     * @param leader of the round
     * @param patience for which the leader may hold the offer
     */
    public static CompletableFuture<Group> make(
            RoundKey round,
            double bandwidth,
            RunConfiguration run,
            Credentials credentials,
            Endpoint leader,
            Duration patience,
            TimedCalls calls,
            Scheduler scheduler) {
        byte[] nonce = new byte[Claim.NONCE_BYTES];
        scheduler.random().nextBytes(nonce);
        Claim offer = Claim.offer(round, bandwidth, nonce, credentials.token(), credentials.identity());
        return calls.call(Deadline.OFFER, leader, SwarmGrpc.getJoinGroupMethod(), offer.request(), patience)
                .thenApply(manifest -> {
                    long room = Runtime.getRuntime().maxMemory() / MEMORY_SHARE / Float.BYTES;
                    Group group = Group.parseForHelper(
                            manifest, run.run(), run.averaging().partElements(), Math.min(room, Integer.MAX_VALUE));
                    if (!group.round().equals(round)
                            || !group.isHelper(
                                    group.indexOf(credentials.identity().id()))
                            || !group.codecName().equals(run.averaging().codec())) {
                        throw new IllegalArgumentException("The manifest does not fit the offer");
                    }
                    return group;
                });
    }
}
