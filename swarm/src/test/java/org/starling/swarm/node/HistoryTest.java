package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.ledger.RecordForge;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.testing.Neighbours;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.UnreachableException;
import org.starling.swarm.wire.proto.FetchRecordsReply;

class HistoryTest {
    private static final Endpoint PEER = new Endpoint("peer.example:1", null);

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler scheduler = time.scheduler();
    private final RecordForge forge = new RecordForge();
    private final Ledger ledger = new Ledger(
            new TestAuthority("test/run").verifier(InstantSource.system()),
            members -> 0,
            () -> new SampleLimits(1000, 1000),
            peer -> Optional.empty(),
            scheduler);
    private final List<Duration> asked = new ArrayList<>();
    private boolean silent;
    private final History history = new History(
            "test/run",
            ledger,
            new Neighbours(),
            new Transport() {
                @Override
                @SuppressWarnings("unchecked")
                public <Q extends Message, R extends Message> CompletableFuture<R> call(
                        Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
                    asked.add(time.elapsed());
                    CompletableFuture<R> reply = new CompletableFuture<>();
                    if (silent) {
                        scheduler.schedule(
                                deadline,
                                () -> reply.completeExceptionally(new UnreachableException("no answer", null)));
                    } else {
                        reply.complete((R) FetchRecordsReply.getDefaultInstance());
                    }
                    return reply;
                }
            },
            scheduler,
            message -> {});

    /** The newest record of a chain, of which the one before is not here. */
    private EpochRecord adrift(String account) {
        EpochRecord first = forge.after(null, Duration.ZERO).with(account, 10).commit();
        EpochRecord head =
                forge.after(first, Duration.ofSeconds(10)).with(account, 10).commit();
        ledger.keep(head);
        return head;
    }

    @Test
    void whatNobodyHasIsSoughtThreeTimesBeforeItIsTakenForGone() {
        EpochRecord own = adrift("anna");
        EpochRecord other = adrift("bela");

        for (int i = 0; i < 3; i++) {
            assertThat(history.isInVain(other, own.id(), Optional.empty())).isFalse();
            assertThat(history.failures()).isEqualTo(i);
            assertThat(history.connect(other, own.id(), Optional.empty(), List.of(PEER)))
                    .isDone();
        }

        assertThat(history.isInVain(other, own.id(), Optional.empty())).isTrue();
        EpochRecord next =
                forge.after(other, Duration.ofSeconds(10)).with("bela", 10).commit();
        ledger.keep(next);
        assertThat(history.isInVain(next, own.id(), Optional.empty()))
                .as("the chain has grown, and what is missing is the same")
                .isTrue();
        assertThat(history.isInVain(adrift("carl"), Digest.ZERO, Optional.empty()))
                .isFalse();
    }

    @Test
    void whatLiesBetweenIsNotSoughtForMoreThanTwoMinutes() {
        silent = true;
        List<Endpoint> many = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            many.add(PEER);
        }

        CompletableFuture<Void> done =
                history.connect(adrift("bela"), adrift("anna").id(), Optional.empty(), many);
        time.run(Duration.ofMinutes(2));

        assertThat(done).isDone();
    }
}
