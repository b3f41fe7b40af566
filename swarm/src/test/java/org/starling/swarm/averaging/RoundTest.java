package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.VotesMessage;

/** One of four members, whose calls nobody answers. */
class RoundTest {
    private static final Transport SILENCE = new Transport() {
        @Override
        public <Q extends Message, R extends Message> CompletableFuture<R> call(
                Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
            return new CompletableFuture<>();
        }
    };

    private final VirtualScheduler scheduler = new VirtualTime().scheduler();
    private final List<PeerIdentity> members =
            Stream.generate(PeerIdentity::create).limit(4).toList();
    private final Group group = Groups.of(members, new byte[16], "none", 8, 4);
    private final Round round = new Round(
            group,
            new float[8],
            members.get(0),
            AveragingSettings.defaults(),
            new TimedCalls(SILENCE, scheduler, new Deadlines(scheduler, Deadline.Watch.NOBODY)),
            scheduler,
            new Distrust(scheduler),
            member -> {},
            contradiction -> {});

    private CompletableFuture<OutcomeMessage> vote(int member) {
        PeerId caller = members.get(member).id();
        VotesMessage votes = VotesMessage.newBuilder()
                .setGroupId(group.id())
                .addVotes(new Ballot(group, 3).cast(member, members.get(member), Digest.ZERO))
                .build();
        return round.receiveVotes(caller, votes);
    }

    @Test
    void noMemberLetsItRememberMoreCallsThanHonestOnesMake() {
        List<CompletableFuture<OutcomeMessage>> waiting = new ArrayList<>();
        for (int i = 0; i < 2 * members.size(); i++) {
            waiting.add(vote(1));
        }

        assertThatThrownBy(() -> vote(1)).isInstanceOf(RefusalException.class).hasMessageContaining("8 times");
        waiting.add(vote(2));
        assertThat(waiting).noneMatch(CompletableFuture::isDone);

        vote(3);
        assertThat(waiting).allMatch(reply -> reply.join().getState() == OutcomeMessage.State.COMMITTED);
    }
}
