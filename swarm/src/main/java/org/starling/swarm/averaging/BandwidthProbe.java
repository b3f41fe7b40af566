package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.ProbeMessage;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Measures what this peer's line can send, before a round has: sends some of the others a quarter of a mebibyte, then four times as
 * much as long as that goes quickly, for a connection has to get going first. The fastest counts, less the time that an empty message
 * takes there and back. Confined to the protocol thread; one use.
 */
public final class BandwidthProbe {
    static final int FIRST_BYTES = 256 << 10;

    /** With those before it 5.25 MiB go to one peer at most. */
    static final int LAST_BYTES = 4 << 20;

    private static final Logger log = LoggerFactory.getLogger(BandwidthProbe.class);
    private static final ByteString FILLING = UnsafeByteOperations.unsafeWrap(new byte[LAST_BYTES]);
    private static final int PEERS = 2;
    private static final Duration LONG_ENOUGH = Duration.ofMillis(250);
    private static final Duration DEADLINE = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final int ATTEMPTS = 30;

    private final Bandwidth bandwidth;
    private final PeerDirectory directory;
    private final TimedCalls calls;
    private final Scheduler scheduler;
    private final Set<PeerId> asked = new HashSet<>();
    private int answered;

    /** @param bandwidth is told what was measured */
    public BandwidthProbe(Bandwidth bandwidth, PeerDirectory directory, TimedCalls calls, Scheduler scheduler) {
        this.bandwidth = bandwidth;
        this.directory = directory;
        this.calls = calls;
        this.scheduler = scheduler;
    }

    /** Begins to look for peers that can be called and have nothing else to do; gives up after a minute. */
    public void begin() {
        look(ATTEMPTS);
    }

    private void look(int attempts) {
        if (attempts == 0 || answered == PEERS || bandwidth.isMeasured()) {
            return;
        }
        List<PeerView> candidates = directory.alive().stream()
                .filter(peer -> peer.endpoint().isPresent() && !asked.contains(peer.id()))
                .toList();
        if (candidates.isEmpty()) {
            again(attempts);
            return;
        }
        PeerView chosen = candidates.get(scheduler.random().nextInt(candidates.size()));
        asked.add(chosen.id());
        measure(chosen.endpoint().orElseThrow()).whenComplete(scheduler.guarded((speed, failure) -> {
            if (failure == null && speed.isPresent()) {
                answered++;
                log.info(
                        "The line to {} carries {} kB a second",
                        chosen.id().abbreviated(),
                        Math.round(speed.getAsDouble() / 1e3));
                bandwidth.probed(speed.getAsDouble());
            } else if (failure != null) {
                log.debug(
                        "{} does not help to measure the line: {}", chosen.id().abbreviated(), failure.getMessage());
            }
            again(attempts);
        }));
    }

    private void again(int attempts) {
        scheduler.schedule(PAUSE, () -> look(attempts - 1));
    }

    /** Bytes a second; empty if the messages were too fast to tell. */
    private CompletableFuture<OptionalDouble> measure(Endpoint to) {
        // the first one connects, which takes longer
        return send(to, 0)
                .thenCompose(connected -> send(to, 0))
                .thenCompose(roundTrip -> measure(to, FIRST_BYTES, roundTrip, OptionalDouble.empty()));
    }

    private CompletableFuture<OptionalDouble> measure(Endpoint to, int bytes, long roundTrip, OptionalDouble fastest) {
        return send(to, bytes).thenCompose(took -> {
            OptionalDouble best = took <= roundTrip
                    ? fastest
                    : OptionalDouble.of(Math.max(fastest.orElse(0), bytes * 1e9 / (took - roundTrip)));
            return bytes == LAST_BYTES || took >= LONG_ENOUGH.toNanos()
                    ? CompletableFuture.completedFuture(best)
                    : measure(to, 4 * bytes, roundTrip, best).exceptionally(refused -> best);
        });
    }

    /** @return nanoseconds until it was answered */
    private CompletableFuture<Long> send(Endpoint to, int bytes) {
        long began = scheduler.nanoTime();
        ProbeMessage message = ProbeMessage.newBuilder()
                .setFilling(FILLING.substring(0, bytes))
                .build();
        return calls.call(Deadline.PROBE, to, SwarmGrpc.getProbeMethod(), message, DEADLINE)
                .thenApply(reply -> scheduler.nanoTime() - began);
    }
}
