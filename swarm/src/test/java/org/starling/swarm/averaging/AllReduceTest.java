package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.PartReply;

/** One of two members, the other of which answers no call. */
class AllReduceTest {
    private static final Transport SILENCE = new Transport() {
        @Override
        public <Q extends Message, R extends Message> CompletableFuture<R> call(
                Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
            return new CompletableFuture<>();
        }
    };

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler scheduler = time.scheduler();
    private final List<PeerIdentity> members = List.of(PeerIdentity.create(), PeerIdentity.create());
    private final Group group = Groups.of(members, new byte[16], "none", 8, 4);
    /** The other member reduces it. */
    private final Group.Part theirs = group.parts().get(1);

    private final AllReduce allReduce = new AllReduce(
            group,
            0,
            new float[8],
            members.get(0),
            AveragingSettings.defaults(),
            new TimedCalls(SILENCE, scheduler, new Deadlines(scheduler, (deadline, took, allowed) -> {})),
            scheduler,
            new Distrust(scheduler),
            (member, answers) -> {});

    private PartReply average() {
        return signed(1).average();
    }

    private SignedAverage.WithAverage signed(int root) {
        return SignedAverage.sign(
                group,
                theirs,
                root,
                members.get(root),
                PartReply.newBuilder()
                        .setPayload(ByteString.copyFrom(new byte[16]))
                        .setIncluded(ByteString.fromHex("03")));
    }

    @Test
    void itsOwnAverageCountsWhereAnothersThatCameBeforeIsNonsense() {
        PartReply nonsense = average().toBuilder().clearSignature().build();
        allReduce.start();

        allReduce.deliver(theirs, nonsense, 1);
        allReduce.deliver(theirs, signed(0));
        time.run(Duration.ofMillis(100));

        assertThat(allReduce.find(theirs.index())).contains(signed(0).average());
    }

    @Test
    void ofForgottenAveragesItKnowsWhatWasSigned() {
        allReduce.start();
        allReduce.deliver(theirs, average(), 1);
        time.run(Duration.ofMillis(100));
        assertThat(allReduce.find(theirs.index())).contains(average());

        allReduce.cancel("It is void");
        allReduce.forgetAverages();

        assertThat(allReduce.find(theirs.index())).isEmpty();
        assertThat(allReduce.has(theirs.index())).isFalse();
        assertThat(allReduce.statements(0, 2)).hasSize(1);
    }
}
