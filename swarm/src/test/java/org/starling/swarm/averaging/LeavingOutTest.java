package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.virtual.Interference;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;

/** A reducer that averages with nobody's gradient but its own, for whoever is not in every part is credited nothing. */
class LeavingOutTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int PEERS = 6;

    private final VirtualSwarm swarm = new VirtualSwarm("none", 1_000);

    /** Answers with its own gradient, let it be zero, and perhaps with a reason. */
    private static final class Greedy implements Interference {
        private final Map<ByteString, Group> groups = new HashMap<>();
        private final Peer greedy;
        private final String excuse;

        Greedy(Peer greedy, String excuse) {
            this.greedy = greedy;
            this.excuse = excuse;
        }

        @Override
        public Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
            return request;
        }

        @Override
        public @Nullable Message onReply(String caller, String answerer, Message request, Message reply) {
            if (reply instanceof GroupManifestMessage manifest) {
                Group group = Forger.group(manifest);
                groups.put(group.id(), group);
            }
            if (answerer.equals(greedy.address) && reply instanceof PartReply average) {
                return request instanceof PartRequest part
                        ? itsOwn(part.getGroupId(), part.getPart(), average)
                        : request instanceof FetchPartRequest fetch
                                ? itsOwn(fetch.getGroupId(), fetch.getPart(), average)
                                : reply;
            }
            return reply;
        }

        private PartReply itsOwn(ByteString groupId, int index, PartReply honest) {
            Group group = Objects.requireNonNull(groups.get(groupId));
            int self = group.indexOf(greedy.identity.id());
            if (honest.getRoot() != self) {
                return honest;
            }
            Group.Part part = group.parts().get(index);
            ByteString included =
                    ByteString.copyFrom(BitSet.valueOf(new long[] {1L << self}).toByteArray());
            return SignedAverage.sign(
                            group,
                            part,
                            self,
                            greedy.identity,
                            PartReply.newBuilder()
                                    .setPayload(ByteString.copyFrom(new byte[part.elements() * Float.BYTES]))
                                    .setIncluded(included))
                    .average()
                    .toBuilder()
                    .setLeftOut(excuse)
                    .build();
        }
    }

    @ParameterizedTest
    @CsvSource({"'', 1", "the others were silent, 2"})
    void takesTheOthersCreditOnceOrTwiceAndNotInEveryEpoch(String excuse, int times) {
        for (int i = 0; i < PEERS; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(3, LIMIT)).isTrue();
        Peer greedy = swarm.peers.get(2);
        List<Peer> honest = swarm.peers.stream().filter(peer -> peer != greedy).toList();
        Peer witness = honest.get(0);
        int before = witness.records.size();
        swarm.network.inject(new Greedy(greedy, excuse));

        int epochs = 8;
        assertThat(swarm.time.runUntil(() -> witness.records.size() >= before + epochs, LIMIT))
                .isTrue();

        List<EpochRecord> records = witness.records.subList(before, before + epochs);
        assertThat(records.stream().filter(record -> honest.stream().allMatch(peer -> samples(record, peer) == 0)))
                .as("epochs in which it has taken all credit")
                .hasSize(times);
        assertThat(records.subList(epochs - 3, epochs))
                .allSatisfy(record -> assertThat(honest).allMatch(peer -> samples(record, peer) > 0));
    }

    private static long samples(EpochRecord record, Peer peer) {
        return record.members().stream()
                .filter(member -> member.peer().equals(peer.identity.id()))
                .mapToLong(EpochRecord.Member::samples)
                .sum();
    }
}
