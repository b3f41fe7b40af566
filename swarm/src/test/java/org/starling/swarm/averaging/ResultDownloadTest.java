package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.PartReply;

class ResultDownloadTest {
    private static final int PARTS = 10;
    private static final Endpoint LIAR = new Endpoint("liar:1", null);
    private static final Endpoint HONEST = new Endpoint("honest:1", null);

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler scheduler = time.scheduler();
    private final PeerIdentity root = PeerIdentity.create();
    private final Group group = Groups.of(List.of(root), new byte[16], "none", 4 * PARTS, 4);
    private final List<PartReply> parts =
            group.parts().stream().map(this::average).toList();
    private final Map<String, Integer> asked = new TreeMap<>();
    private final AveragingSettings settings = AveragingSettings.defaults();
    private Duration delay = Duration.ofMillis(1);
    private UnaryOperator<PartReply> lie = part -> part;

    private PartReply average(Group.Part part) {
        ByteString payload = ByteString.copyFrom(new byte[4 * part.elements()]);
        return SignedAverage.sign(
                        group,
                        part,
                        0,
                        root,
                        PartReply.newBuilder().setPayload(payload).setIncluded(ByteString.fromHex("01")))
                .average();
    }

    private CompletableFuture<AveragedGradient> download() {
        Transport transport = new Transport() {
            @Override
            @SuppressWarnings("unchecked")
            public <Q extends Message, R extends Message> CompletableFuture<R> call(
                    Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
                asked.merge(to.address(), 1, Integer::sum);
                PartReply part = parts.get(((FetchPartRequest) request).getPart());
                CompletableFuture<R> reply = new CompletableFuture<>();
                scheduler.schedule(delay, () -> reply.complete((R) (to.equals(LIAR) ? lie.apply(part) : part)));
                return reply;
            }
        };
        List<byte[]> hashes = parts.stream().map(AveragedGradient::hashOf).toList();
        TimedCalls calls =
                new TimedCalls(transport, scheduler, new Deadlines(scheduler, (deadline, took, allowed) -> {}));
        return new ResultDownload(group, AveragedGradient.digestOf(hashes), settings, calls, scheduler)
                .from(List.of(LIAR, HONEST));
    }

    static Stream<UnaryOperator<PartReply>> lies() {
        return Stream.of(
                part -> part.toBuilder().setRoot(7).build(),
                part -> part.toBuilder()
                        .setSignature(ByteString.copyFrom(new byte[64]))
                        .build(),
                part -> part.toBuilder()
                        .setPayload(ByteString.copyFrom(new byte[1 << 20]))
                        .build());
    }

    @ParameterizedTest
    @MethodSource("lies")
    void aLieEndsAtTheFirstPart(UnaryOperator<PartReply> lie) {
        this.lie = lie;

        CompletableFuture<AveragedGradient> result = download();
        time.run(Duration.ofSeconds(1));

        assertThat(result.join().parts())
                .allSatisfy(part -> assertThat(part.getRoot()).isZero());
        assertThat(asked).containsEntry(LIAR.address(), 1).containsEntry(HONEST.address(), PARTS);
    }

    @Test
    void whatSomebodySaysBesidesIsNotKept() {
        lie = part -> part.toBuilder().setLeftOut("because").build();

        CompletableFuture<AveragedGradient> result = download();
        time.run(Duration.ofSeconds(1));

        assertThat(result.join().parts())
                .hasSize(PARTS)
                .allSatisfy(part -> assertThat(part.getLeftOut()).isEmpty());
    }

    /** Each part may take nearly as long as it is waited for, and there may be thousands. */
    @Test
    void allOfItTakesNoLongerThanARound() {
        delay = settings.roundTimeout().dividedBy(PARTS - 1);

        CompletableFuture<AveragedGradient> result = download();
        time.run(settings.roundTimeout().plus(delay));

        assertThat(result).isCompletedExceptionally();
    }
}
