package org.starling.swarm.averaging;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.testing.SocketSwarm;
import org.starling.swarm.testing.SocketSwarm.Peer;
import org.starling.swarm.wire.UnreachableException;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;

/** Some cells of the fault matrix over real sockets and TLS, with a peer among them whose port is closed. */
class FaultsOverSocketsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int BEFORE = 2;

    private final SocketSwarm swarm = new SocketSwarm(SocketSwarm.shortRun("test/faults", 400), 300_000);

    /** What happens to a part on its way; the peer may end with it. */
    private interface Fault {
        Message onPart(Peer peer, PartRequest part, int number);
    }

    static Stream<Arguments> faults() {
        Fault none = (peer, part, number) -> part;
        Fault dies = (peer, part, number) -> {
            if (number == BEFORE) {
                peer.kill();
            }
            return part;
        };
        Fault stops = (peer, part, number) -> {
            if (number == BEFORE) {
                peer.node.close();
            }
            return part;
        };
        Fault truncates = (peer, part, number) -> part.toBuilder()
                .setPayload(part.getPayload().substring(0, part.getPayload().size() - 1))
                .build();
        Fault notNumbers = (peer, part, number) -> {
            byte[] bytes = new byte[part.getPayload().size()];
            Arrays.fill(bytes, (byte) 0xff);
            return part.toBuilder().setPayload(ByteString.copyFrom(bytes)).build();
        };
        Fault breaks = (peer, part, number) -> {
            if (number % 3 == 0) {
                throw new UnreachableException("The line has broken", null);
            }
            return part;
        };
        return Stream.of(
                Arguments.of("nothing", none, false),
                Arguments.of("dies sending", dies, true),
                Arguments.of("cancels", stops, true),
                Arguments.of("corrupts its parts", truncates, false),
                Arguments.of("sends NaN", notNumbers, false),
                Arguments.of("loses connections", breaks, false));
    }

    @AfterEach
    void stopAll() {
        swarm.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void theOthersGoOnInOneState(String name, Fault fault, boolean ends) throws IOException {
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer();
        }
        Peer hidden = swarm.addOutboundOnlyTrainer();
        await().atMost(PATIENCE).until(swarm::everybodyTakesPart);
        Map<Peer, Long> lost = samplesLost();
        Peer faulty = swarm.peers().get(1);
        Peer witness = swarm.peers().get(0);
        AtomicInteger parts = new AtomicInteger();
        faulty.spoil(spoiling(faulty, fault, parts));
        await().atMost(PATIENCE).until(() -> parts.get() >= BEFORE);
        if (ends) {
            swarm.kill(faulty);
        }
        long epoch = witness.status().state().orElseThrow().epoch();

        await().atMost(PATIENCE)
                .until(() -> witness.records.stream()
                        .anyMatch(record -> record.epoch() > epoch
                                && hidden.samplesIn(record).orElse(0L) > 0));
        faulty.spoil(UnaryOperator.identity());

        await().atMost(PATIENCE).until(swarm::everybodyTakesPart);
        await().atMost(PATIENCE).until(() -> swarm.commonState().isPresent());
        assertNothingIsLost(lost, Set.of(faulty));
    }

    /** What is wrong with a peer's answers to those who bring it their parts. */
    enum ReducersFault {
        DIES {
            @Override
            Message answer(SocketSwarm swarm, Peer peer, PartReply average) {
                swarm.forget(peer);
                // not on a thread of its own server, which waits for them
                new Thread(peer::kill, "kills a peer").start();
                throw new UnreachableException("The peer is dead", null);
            }
        },
        CORRUPTS_AVERAGES {
            @Override
            Message answer(SocketSwarm swarm, Peer peer, PartReply average) {
                byte[] bytes = average.getPayload().toByteArray();
                bytes[bytes.length / 2] ^= 1;
                return average.toBuilder()
                        .setPayload(ByteString.copyFrom(bytes))
                        .build();
            }
        },
        LOSES_CONNECTIONS {
            @Override
            Message answer(SocketSwarm swarm, Peer peer, PartReply average) {
                throw new UnreachableException("The line has broken", null);
            }
        };

        abstract Message answer(SocketSwarm swarm, Peer peer, PartReply average);
    }

    static Stream<Arguments> pairs() {
        return Stream.of(ReducersFault.values())
                .flatMap(one -> Stream.of(ReducersFault.values())
                        .filter(other -> one.compareTo(other) <= 0)
                        .map(other -> Arguments.of(one, other)));
    }

    @ParameterizedTest(name = "reducers, {0} and {1}")
    @MethodSource("pairs")
    void theOthersGoOnInOneStateWhateverIsWrongWithTwoReducers(ReducersFault one, ReducersFault other)
            throws IOException {
        for (int i = 0; i < 5; i++) {
            swarm.addTrainer();
        }
        Peer hidden = swarm.addOutboundOnlyTrainer();
        await().atMost(PATIENCE).until(swarm::everybodyTakesPart);
        Map<Peer, Long> lost = samplesLost();
        Peer witness = swarm.peers().get(0);
        AtomicInteger spoilt = new AtomicInteger();
        Map<Peer, ReducersFault> faults =
                Map.of(swarm.peers().get(1), one, swarm.peers().get(2), other);
        faults.forEach((peer, fault) -> peer.spoilAnswers((request, answer) -> {
            if (request instanceof PartRequest && answer instanceof PartReply average) {
                spoilt.incrementAndGet();
                return fault.answer(swarm, peer, average);
            }
            return answer;
        }));
        await().atMost(PATIENCE).until(() -> spoilt.get() >= BEFORE);
        long epoch = witness.status().state().orElseThrow().epoch();

        await().atMost(PATIENCE)
                .until(() -> witness.records.stream()
                        .anyMatch(record -> record.epoch() > epoch
                                && hidden.samplesIn(record).orElse(0L) > 0));
        faults.keySet().forEach(peer -> peer.spoilAnswers((request, answer) -> answer));

        await().atMost(PATIENCE).until(swarm::everybodyTakesPart);
        await().atMost(PATIENCE).until(() -> swarm.commonState().isPresent());
        assertNothingIsLost(lost, faults.keySet());
    }

    /** While virtual machines start, and the first rounds come one upon the other, a slow peer may lose some. */
    private Map<Peer, Long> samplesLost() {
        return swarm.peers().stream()
                .collect(toMap(peer -> peer, peer -> peer.status().samplesLost()));
    }

    private void assertNothingIsLost(Map<Peer, Long> before, Set<Peer> faulty) {
        assertThat(swarm.peers())
                .filteredOn(peer -> !faulty.contains(peer))
                .allSatisfy(peer -> assertThat(peer.status().samplesLost())
                        .as("samples that %s has lost", peer.account)
                        .isEqualTo(before.get(peer)));
    }

    private static UnaryOperator<Message> spoiling(Peer peer, Fault fault, AtomicInteger parts) {
        return message ->
                message instanceof PartRequest part ? fault.onPart(peer, part, parts.incrementAndGet()) : message;
    }
}
