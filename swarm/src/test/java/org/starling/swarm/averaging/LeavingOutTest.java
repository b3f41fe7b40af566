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
import org.starling.swarm.wire.proto.Statements;

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
            if (reply instanceof Statements) {
                // what its node has signed besides would convict it
                return Statements.getDefaultInstance();
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

        boolean leads(EpochRecord record) {
            Group group = Objects.requireNonNull(groups.get(record.groupId()));
            return group.members().get(0).peer().equals(greedy.identity.id());
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
    void takesTheOthersCreditOnceOrTwiceAndThenOnlyWhereItLeads(String excuse, int times) {
        for (int i = 0; i < PEERS; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        assertThat(swarm.runToEpoch(3, LIMIT)).isTrue();
        Peer greedy = swarm.peers.get(2);
        List<Peer> honest = swarm.peers.stream().filter(peer -> peer != greedy).toList();
        Peer witness = honest.get(0);
        Greedy lie = new Greedy(greedy, excuse);
        swarm.network.inject(lie);
        int before = witness.records.size() + 1;
        assertThat(swarm.time.runUntil(() -> witness.records.size() >= before, LIMIT))
                .isTrue();

        int epochs = 12;
        assertThat(swarm.time.runUntil(() -> witness.records.size() >= before + epochs, LIMIT))
                .isTrue();

        List<EpochRecord> records = witness.records.subList(before, before + epochs);
        assertThat(records).anyMatch(record -> hasTakenAll(record, honest));
        assertThat(records.stream().filter(record -> !lie.leads(record) && hasTakenAll(record, honest)))
                .as("epochs in which it has taken all credit without leading")
                .hasSizeLessThanOrEqualTo(times);
        assertThat(records.stream().filter(record -> honest.stream().allMatch(peer -> samples(record, peer) > 0)))
                .as("epochs in which nobody has been left out")
                .hasSizeGreaterThan(epochs / 2);
    }

    private static boolean hasTakenAll(EpochRecord record, List<Peer> honest) {
        return honest.stream().allMatch(peer -> samples(record, peer) == 0);
    }

    private static long samples(EpochRecord record, Peer peer) {
        return record.members().stream()
                .filter(member -> member.peer().equals(peer.identity.id()))
                .mapToLong(EpochRecord.Member::samples)
                .sum();
    }
}
