package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.virtual.Interference;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.GroupMember;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.Span;

/**
 * Several who die at the same moment, each of whom is to take over from the one before: together they cost one part timeout, as one of
 * them does.
 */
class DeadReducersTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** By then everything is averaged but what the first of the victims reduces. */
    private static final Duration BEFORE_DEATH = Duration.ofMillis(150);

    private final List<Peer> victims = new ArrayList<>();
    private @Nullable Instant died;

    /** The first of the victims averages nothing; then all of them die. */
    private final class Ambush implements Interference {
        private final VirtualSwarm swarm;
        private final int deaths;
        private final Consumer<Peer> death;

        /**
         * @param deaths how many reducers die, each of which is the first backup of the one before
         */
        Ambush(VirtualSwarm swarm, int deaths, Consumer<Peer> death) {
            this.swarm = swarm;
            this.deaths = deaths;
            this.death = death;
        }

        @Override
        public Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
            return request;
        }

        @Override
        public @Nullable Message onReply(String caller, String answerer, Message request, Message reply) {
            if (reply instanceof GroupManifestMessage message && victims.isEmpty()) {
                choose(parse(message));
                swarm.time.at(BEFORE_DEATH, this::strike);
            }
            boolean withheld = reply instanceof PartReply
                    && !victims.isEmpty()
                    && victims.get(0).address.equals(answerer);
            return withheld ? null : reply;
        }

        /** Not the chair, who hands out the manifest. */
        private void choose(GroupManifest manifest) {
            Span span = manifest.getSpansList().stream()
                    .filter(some -> !some.getReducersList().subList(0, deaths).contains(0))
                    .findFirst()
                    .orElseThrow();
            span.getReducersList().subList(0, deaths).forEach(member -> victims.add(peer(manifest.getMembers(member))));
        }

        private Peer peer(GroupMember member) {
            return swarm.peers.stream()
                    .filter(peer ->
                            ByteString.copyFrom(peer.identity.publicKey()).equals(member.getPublicKey()))
                    .findFirst()
                    .orElseThrow();
        }

        private void strike() {
            died = swarm.time.now();
            victims.forEach(death);
        }
    }

    private static GroupManifest parse(GroupManifestMessage message) {
        try {
            return GroupManifest.parseFrom(message.getManifest());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private static VirtualSwarm swarm(int trainers) {
        VirtualSwarm swarm = new VirtualSwarm("none", 100L * trainers);
        for (int i = 0; i < trainers; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        return swarm;
    }

    private void assertTheyCostOnePartTimeout(VirtualSwarm swarm, int deaths, boolean vanish) {
        assertThat(swarm.runToEpoch(3, MINUTE)).isTrue();
        assertThat(swarm.runToAgreement(3, MINUTE)).isTrue();
        long epoch = swarm.peers.get(0).epoch();
        swarm.network.inject(new Ambush(swarm, deaths, vanish ? Peer::vanish : Peer::kill));
        assertThat(swarm.time.runUntil(() -> died != null, MINUTE)).isTrue();

        List<Peer> healthy =
                swarm.peers.stream().filter(peer -> !victims.contains(peer)).toList();
        assertThat(swarm.time.runUntil(() -> healthy.stream().allMatch(peer -> peer.epoch() > epoch), MINUTE))
                .isTrue();
        Duration cost = Duration.between(died, swarm.time.now());

        assertThat(cost).isLessThanOrEqualTo(VirtualSwarm.PART_TIMEOUT.plus(BEFORE_DEATH));
        assertThat(healthy).allSatisfy(peer -> {
            assertThat(peer.status().roundsVoid()).isZero();
            assertThat(peer.status().samplesLost()).isZero();
        });
    }

    @ParameterizedTest(name = "{1} of {0} peers, silently: {2}")
    @CsvSource({"8, 2, true", "8, 2, false", "16, 2, true", "12, 3, true", "12, 3, false"})
    void aReducerAndThoseWhoAreToTakeOver(int trainers, int deaths, boolean vanish) {
        assertTheyCostOnePartTimeout(swarm(trainers), deaths, vanish);
    }
}
