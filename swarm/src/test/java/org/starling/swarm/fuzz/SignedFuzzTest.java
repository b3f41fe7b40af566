package org.starling.swarm.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.starling.swarm.averaging.Forger;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.virtual.Interference;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.proto.GroupManifestMessage;

/**
 * The same as {@link WireFuzzTest} for what a member signs: claims, news, records, votes, averages and what is said of them. Each is signed
 * again after it was changed ({@link Forger}), else all of it would end at the signature. The first byte of an input chooses the
 * call, and its highest bit that it comes when a round has just begun.
 */
class SignedFuzzTest {
    static final int IN_A_ROUND = 0x80;

    private static final Duration A_WHILE = Duration.ofMillis(20);

    /** Longer than nobody averages with a peer that is caught forging averages. */
    private static final Duration LIMIT = Duration.ofMinutes(15);

    private static VirtualSwarm swarm;
    private static Eavesdropper eavesdropper;

    /** Keeps the newest group, and puts a forged reply in the place of the next honest one of its kind. */
    private static final class Eavesdropper implements Interference {
        final AtomicReference<@Nullable Message> reply = new AtomicReference<>();
        Optional<Group> group = Optional.empty();

        @Override
        public Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
            return request;
        }

        @Override
        public Message onReply(String caller, String answerer, Message request, Message honest) {
            if (honest instanceof GroupManifestMessage manifest) {
                group = Optional.of(Forger.group(manifest));
            }
            Message spoiled = reply.get();
            return spoiled != null && honest.getClass().equals(spoiled.getClass()) && reply.compareAndSet(spoiled, null)
                    ? forger(peer(answerer)).forge(spoiled)
                    : honest;
        }
    }

    @BeforeAll
    static void startPeers() {
        swarm = new VirtualSwarm("blockwise8", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        eavesdropper = new Eavesdropper();
        swarm.network.inject(eavesdropper);
        assertThat(swarm.runToEpoch(1, LIMIT)).isTrue();
    }

    private static Peer peer(String address) {
        return swarm.peers.stream()
                .filter(peer -> peer.address.equals(address))
                .findFirst()
                .orElseThrow();
    }

    /** Of what the forger signs, all is about the newest group, or the round that is due for the first peer. */
    private static Forger forger(Peer peer) {
        Peer honest = swarm.peers.get(0);
        NodeStatus status = honest.status();
        RoundKey round = new RoundKey(status.generation(), honest.epoch(), honest.digest(), status.headId());
        return new Forger(peer.identity, peer.caller.token(), eavesdropper.group, round, swarm.time.now());
    }

    @FuzzTest(maxDuration = "10m")
    void everySignedRequestIsAnsweredOrRefused(byte[] input) {
        if (input.length == 0) {
            return;
        }
        MethodDescriptor<?, ?> method = method(input);
        parse(input, WireFuzzTest.prototype(method, true)).ifPresent(request -> {
            Peer peer = swarm.peers.get(0);
            Peer caller = swarm.peers.get(1);
            awaitARound(input);
            CompletableFuture<? extends Message> reply = peer.node
                    .handler()
                    .handle(caller.caller, method, forger(caller).forge(request));
            swarm.time.run(A_WHILE);
            if (reply.isCompletedExceptionally()) {
                reply.whenComplete(
                        (message, failure) -> assertThat(Futures.cause(failure)).isInstanceOf(RefusalException.class));
            }
        });
    }

    /** The reply comes instead of the next one to a call of this kind. */
    @FuzzTest(maxDuration = "10m")
    void aPeerLivesWithEverySignedReply(byte[] input) {
        if (input.length == 0) {
            return;
        }
        parse(input, WireFuzzTest.prototype(method(input), false)).ifPresent(reply -> {
            awaitARound(input);
            eavesdropper.reply.set(reply);
            swarm.time.run(Duration.ofSeconds(3));
            eavesdropper.reply.set(null);
            assertTheyGoOn();
        });
    }

    private static void awaitARound(byte[] input) {
        Optional<Group> before = eavesdropper.group;
        if ((input[0] & IN_A_ROUND) != 0) {
            assertThat(swarm.time.runUntil(() -> !eavesdropper.group.equals(before), LIMIT))
                    .as(() -> "there is another round; "
                            + swarm.peers.stream()
                                    .map(peer -> peer.address + ": " + peer.epoch() + " "
                                            + peer.status().explanation())
                                    .toList())
                    .isTrue();
        }
    }

    @AfterAll
    static void theyGoOn() {
        assertTheyGoOn();
    }

    private static void assertTheyGoOn() {
        long epoch = swarm.peers.stream().mapToLong(Peer::epoch).max().orElseThrow();
        assertThat(swarm.runToAgreement(epoch + 1, LIMIT))
                .as("all peers reach one state after epoch %s", epoch)
                .isTrue();
    }

    private static MethodDescriptor<?, ?> method(byte[] input) {
        return WireFuzzTest.METHODS.get((input[0] & ~IN_A_ROUND & 0xff) % WireFuzzTest.METHODS.size());
    }

    private static Optional<Message> parse(byte[] input, Message prototype) {
        try {
            return Optional.of(prototype.getParserForType().parseFrom(Arrays.copyOfRange(input, 1, input.length)));
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }
}
