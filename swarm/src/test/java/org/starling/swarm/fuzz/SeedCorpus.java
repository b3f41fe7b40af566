package org.starling.swarm.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.virtual.Interference;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.Span;

/**
 * Writes the inputs that {@link WireFuzzTest} starts from: of every call the first request and reply that peers really sent in a
 * short run, and made-up ones, empty and with every field; every codec's payload; a token, a record and an order, whole and spoiled. So it does for
 * the tests of the marshallers, of the manifest and of {@link SignedFuzzTest}. To be run again when the messages change, with the folder {@code
 * src/test/resources/org/starling/swarm} as its argument.
 */
final class SeedCorpus {
    private static final String OF_CALLS = "fuzz/WireFuzzTestInputs/";
    private static final String OF_SIGNED = "fuzz/SignedFuzzTestInputs/";
    private static final String OF_MARSHALLERS = "wire/MarshallerFuzzTestInputs/theyReadWhatProtobufReads";
    private static final String OF_MANIFESTS = "averaging/GroupFuzzTestInputs/aSignedManifestIsRefusedOrMakesAGroup";

    private static final int LARGEST = 8_000;
    private static final int REPLY = 0x80;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Path folder;
    private final Set<Path> written = new HashSet<>();

    private SeedCorpus(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] arguments) {
        SeedCorpus corpus = new SeedCorpus(Path.of(arguments[0]));
        VirtualSwarm swarm = new VirtualSwarm("blockwise8", 300);
        corpus.writeCalls(swarm);
        corpus.writeManifests(swarm);
        corpus.writePayloads();
        corpus.writeTokens(swarm.peers.get(0).caller.token().compact());
        corpus.writeRecords(swarm);
        corpus.writeOrders(swarm);
    }

    private void writeCalls(VirtualSwarm swarm) {
        Map<Class<?>, MethodDescriptor<?, ?>> methodOf = new HashMap<>();
        swarm.network.inject(new Interference() {
            @Override
            public Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
                methodOf.put(request.getClass(), method);
                writeCall("everyRequestIsAnsweredOrRefused", method, "", request.toByteArray());
                if (request instanceof JoinGroupRequest claim) {
                    byte[] slow = claim.toBuilder()
                            .setBandwidth(Double.MIN_VALUE)
                            .build()
                            .toByteArray();
                    writeCall("everyRequestIsAnsweredOrRefused", method, "-hardly-any-bandwidth", slow);
                }
                return request;
            }

            @Override
            public Message onReply(String caller, String answerer, Message request, Message reply) {
                writeCall("aPeerLivesWithEveryReply", methodOf.get(request.getClass()), "", reply.toByteArray());
                return reply;
            }
        });
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50);
        }
        swarm.runToEpoch(3, LIMIT);
        swarm.addTrainer("late", 50);
        swarm.runToAgreement(6, LIMIT);
        swarm.network.inject(null);
        for (MethodDescriptor<?, ?> method : WireFuzzTest.METHODS) {
            writeMadeUp("everyRequestIsAnsweredOrRefused", method, WireFuzzTest.prototype(method, true));
            writeMadeUp("aPeerLivesWithEveryReply", method, WireFuzzTest.prototype(method, false));
        }
    }

    private void writeMadeUp(String test, MethodDescriptor<?, ?> method, Message prototype) {
        writeCall(test, method, "-empty", prototype.toByteArray());
        writeCall(test, method, "-filled", filled(prototype).toByteArray());
    }

    /** With something in every field; of alternatives the last. */
    private static Message filled(Message prototype) {
        Message.Builder builder = prototype.newBuilderForType();
        for (FieldDescriptor field : prototype.getDescriptorForType().getFields()) {
            Object value = switch (field.getJavaType()) {
                case MESSAGE -> filled(builder.newBuilderForField(field).getDefaultInstanceForType());
                case ENUM -> field.getEnumType().getValues().get(0);
                case BYTE_STRING -> ByteString.copyFrom(new byte[32]);
                case STRING -> "127.0.0.1:1";
                case BOOLEAN -> true;
                case INT -> 1;
                case LONG -> 1L;
                case FLOAT -> 1f;
                case DOUBLE -> 1d;
            };
            if (field.isRepeated()) {
                builder.addRepeatedField(field, value);
            } else {
                builder.setField(field, value);
            }
        }
        return builder.build();
    }

    private void writePayloads() {
        float[] values = new float[WireFuzzTest.ELEMENTS];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i - values.length / 2) * 0.37f;
        }
        List<String> names = WireFuzzTest.CODECS;
        for (int i = 0; i < names.size(); i++) {
            byte[] payload = Codec.named(names.get(i)).encode(values, 0, values.length);
            byte[] ones = new byte[payload.length];
            Arrays.fill(ones, (byte) -1);
            write(OF_CALLS + "aPayloadIsDecodedToFiniteNumbersOrRefused", names.get(i), chosen(i, payload));
            write(OF_CALLS + "aPayloadIsDecodedToFiniteNumbersOrRefused", names.get(i) + "-ones", chosen(i, ones));
            write(
                    OF_CALLS + "aPayloadIsDecodedToFiniteNumbersOrRefused",
                    names.get(i) + "-short",
                    chosen(i, half(payload)));
        }
    }

    private void writeTokens(String token) {
        String[] parts = token.split("\\.", -1);
        String unprotected = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.US_ASCII));
        Map<String, String> tokens = Map.of(
                "of-another-authority",
                token,
                "dots",
                "..",
                "unsigned",
                parts[0] + "." + parts[1] + ".",
                "alg-none",
                unprotected + "." + parts[1] + ".");
        tokens.forEach((name, text) ->
                write(OF_CALLS + "aTokenIsNotBelieved", name, text.getBytes(StandardCharsets.US_ASCII)));
    }

    private void writeRecords(VirtualSwarm swarm) {
        VirtualSwarm.Peer peer = swarm.peers.get(0);
        byte[] record = peer.records.get(peer.records.size() - 1).bytes().toByteArray();
        write(OF_CALLS + "aRecordIsParsedOrRefused", "record", record);
        write(OF_CALLS + "aRecordIsParsedOrRefused", "short", half(record));
    }

    private void writeOrders(VirtualSwarm swarm) {
        Order order = new Order.Rollback(
                VirtualSwarm.RUN,
                1,
                swarm.time.now(),
                1,
                swarm.peers.get(0).status().state().orElseThrow());
        byte[] signed =
                SignedOrder.sign(order, swarm.authority.key()).toMessage().toByteArray();
        write(OF_CALLS + "anOrderIsNotBelieved", "of-another-authority", signed);
        write(OF_CALLS + "anOrderIsNotBelieved", "short", half(signed));
    }

    private void writeCall(String test, MethodDescriptor<?, ?> method, String kind, byte[] message) {
        int index = WireFuzzTest.METHODS.indexOf(method);
        boolean reply = test.equals("aPeerLivesWithEveryReply");
        write(OF_CALLS + test, method.getBareMethodName() + kind, chosen(index, message));
        String signed =
                OF_SIGNED + (reply ? "aPeerLivesWithEverySignedReply" : "everySignedRequestIsAnsweredOrRefused");
        write(signed, method.getBareMethodName() + kind, chosen(index, message));
        write(
                signed,
                method.getBareMethodName() + kind + "-in-a-round",
                chosen(SignedFuzzTest.IN_A_ROUND | index, message));
        write(
                OF_MARSHALLERS,
                method.getBareMethodName() + (reply ? "-reply" : "") + kind,
                chosen(reply ? REPLY | index : index, message));
    }

    private void writeManifests(VirtualSwarm swarm) {
        swarm.network.inject(Interference.hearing(reply -> {
            if (reply instanceof GroupManifestMessage message) {
                writeManifest(message);
            }
        }));
        swarm.addHelper("helper");
        long epoch = swarm.peers.get(0).epoch();
        swarm.runToEpoch(epoch + 3, LIMIT);
        swarm.network.inject(null);
    }

    private void writeManifest(GroupManifestMessage message) {
        try {
            GroupManifest manifest = GroupManifest.parseFrom(message.getManifest());
            write(
                    OF_MANIFESTS,
                    manifest.getMembersCount() + "-members-" + manifest.getHelpersCount() + "-helpers",
                    manifest.toByteArray());
            GroupManifest.Builder overflow = manifest.toBuilder().clearSpans();
            Span first = manifest.getSpans(0);
            overflow.addSpans(first.toBuilder().setElements(5))
                    .addSpans(first.toBuilder().setOffset(5).setElements(Long.MAX_VALUE))
                    .addSpans(first.toBuilder().setOffset(Long.MIN_VALUE + 4).setElements(Long.MAX_VALUE));
            write(OF_MANIFESTS, "spans-beyond-all-numbers", overflow.build().toByteArray());
            write(
                    OF_MANIFESTS,
                    "more-elements-than-an-array",
                    manifest.toBuilder().setGradientElements(1L << 40).build().toByteArray());
        } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first of each name that is not too long. */
    private void write(String test, String name, byte[] input) {
        Path file = folder.resolve(test).resolve(name);
        if (input.length > LARGEST || !written.add(file)) {
            return;
        }
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, input);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] chosen(int choice, byte[] rest) {
        byte[] input = new byte[1 + rest.length];
        input[0] = (byte) choice;
        System.arraycopy(rest, 0, input, 1, rest.length);
        return input;
    }

    private static byte[] half(byte[] whole) {
        return Arrays.copyOf(whole, whole.length / 2);
    }
}
