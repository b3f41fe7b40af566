package org.starling.swarm.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.compression.InvalidPayloadException;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.orders.InvalidOrderException;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.testing.VirtualSwarm.Peer;
import org.starling.swarm.virtual.Interference;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * Whatever bytes arrive are answered, or refused with a reason; nothing else is thrown and the peer goes on. As an ordinary test
 * it runs over the inputs that are kept in the resources ({@link SeedCorpus} writes them); {@code JAZZER_FUZZ=1} makes it look
 * for others.
 */
class WireFuzzTest {
    private static final Duration A_WHILE = Duration.ofMillis(20);
    static final int ELEMENTS = 64;

    /** In one order, whatever the service's own is: the first byte of an input chooses, and its highest bit the caller. */
    static final List<MethodDescriptor<?, ?>> METHODS = SwarmGrpc.getServiceDescriptor().getMethods().stream()
            .<MethodDescriptor<?, ?>>map(method -> method)
            .sorted(Comparator.comparing(MethodDescriptor::getFullMethodName))
            .toList();

    static final List<String> CODECS = Codec.names().stream().sorted().toList();

    private static VirtualSwarm swarm;
    private static Peer helper;

    @BeforeAll
    static void startPeers() {
        swarm = new VirtualSwarm("blockwise8", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        helper = swarm.addHelper("helper");
        assertThat(swarm.runToEpoch(1, Duration.ofMinutes(1))).isTrue();
    }

    @FuzzTest(maxDuration = "10m")
    void everyRequestIsAnsweredOrRefused(byte[] input) {
        parse(input, true).ifPresent(call -> {
            Peer peer = swarm.peers.get(0);
            Peer caller = input[0] < 0 ? helper : swarm.peers.get(1);
            CompletableFuture<? extends Message> reply =
                    peer.node.handler().handle(caller.caller, call.method(), call.message());
            swarm.time.run(A_WHILE);
            if (reply.isCompletedExceptionally()) {
                reply.whenComplete(
                        (message, failure) -> assertThat(Futures.cause(failure)).isInstanceOf(RefusalException.class));
            }
        });
    }

    /** The reply comes instead of the next one to a call of this kind. */
    @FuzzTest(maxDuration = "10m")
    void aPeerLivesWithEveryReply(byte[] input) {
        parse(input, false).ifPresent(call -> {
            AtomicReference<Message> reply = new AtomicReference<>(call.message());
            swarm.network.inject(new Interference() {
                @Override
                public Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
                    return request;
                }

                @Override
                public Message onReply(String caller, String answerer, Message request, Message honest) {
                    Message spoiled = reply.get();
                    return spoiled != null
                                    && honest.getClass().equals(spoiled.getClass())
                                    && reply.compareAndSet(spoiled, null)
                            ? spoiled
                            : honest;
                }
            });
            swarm.time.run(Duration.ofSeconds(3));
            swarm.network.inject(null);
            assertTheyGoOn();
        });
    }

    @FuzzTest(maxDuration = "10m")
    void aPayloadIsDecodedToFiniteNumbersOrRefused(byte[] input) {
        if (input.length == 0) {
            return;
        }
        Codec codec = Codec.named(CODECS.get((input[0] & 0xff) % CODECS.size()));
        float[] values = new float[ELEMENTS];
        try {
            codec.decode(ByteBuffer.wrap(input, 1, input.length - 1).slice(), values, 0, ELEMENTS);
        } catch (InvalidPayloadException e) {
            return;
        }
        for (float value : values) {
            assertThat(value).isFinite();
        }
    }

    @FuzzTest(maxDuration = "10m")
    void aTokenIsNotBelieved(byte[] input) {
        Peer peer = swarm.peers.get(0);
        try {
            swarm.authority.verifier(peer.scheduler).verify(new String(input, StandardCharsets.ISO_8859_1));
        } catch (CredentialException e) {
            assertThat(e).hasMessageNotContaining("null");
        }
    }

    @FuzzTest(maxDuration = "10m")
    void aRecordIsParsedOrRefused(byte[] input) {
        try {
            assertThat(EpochRecord.parse(ByteString.copyFrom(input), VirtualSwarm.RUN)
                            .members())
                    .isNotEmpty();
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageNotContaining("null");
        }
    }

    @FuzzTest(maxDuration = "10m")
    void anOrderIsNotBelieved(byte[] input) {
        try {
            SignedOrder.verify(input, swarm.authority.trusted(), VirtualSwarm.RUN);
        } catch (InvalidOrderException e) {
            assertThat(e).hasMessageNotContaining("null");
        }
    }

    @AfterAll
    static void theyGoOn() {
        assertTheyGoOn();
    }

    private static void assertTheyGoOn() {
        long epoch = swarm.peers.stream().mapToLong(Peer::epoch).max().orElseThrow();
        assertThat(swarm.runToAgreement(epoch + 1, Duration.ofMinutes(5)))
                .as("all peers reach one state after epoch %s", epoch)
                .isTrue();
    }

    private record Call(MethodDescriptor<?, ?> method, Message message) {}

    private static Optional<Call> parse(byte[] input, boolean request) {
        if (input.length == 0) {
            return Optional.empty();
        }
        MethodDescriptor<?, ?> method = METHODS.get((input[0] & 0xff) % METHODS.size());
        try {
            return Optional.of(new Call(
                    method,
                    prototype(method, request)
                            .getParserForType()
                            .parseFrom(Arrays.copyOfRange(input, 1, input.length))));
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    static Message prototype(MethodDescriptor<?, ?> method, boolean request) {
        Object marshaller = request ? method.getRequestMarshaller() : method.getResponseMarshaller();
        return (Message) ((MethodDescriptor.PrototypeMarshaller<?>) marshaller).getMessagePrototype();
    }
}
