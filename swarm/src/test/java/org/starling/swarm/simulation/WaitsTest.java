package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.swarm.simulation.TrainerGroups.trainers;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.node.Replica;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Range;
import org.starling.swarm.simulation.Scenario.Role;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.virtual.Links;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RequestHandler;
import org.starling.swarm.wire.Transport;

/** Lets peers wait on purpose for what never comes, to see that it is found wherever they do so. */
class WaitsTest {
    private static final int LATE = 5;
    private static final Duration LENGTH = Duration.ofMinutes(4);
    private static final Scenario.Run RUN = new Scenario.Run(
            300, 0, 20, AveragingSettings.defaults(), MembershipSettings.defaults(), 3, Duration.ofHours(24));

    @Test
    void soundPeersWaitForNothingThatDoesNotCome() {
        assertThat(run(Sabotage.NONE).violation()).isEmpty();
    }

    @Test
    void aCallWithoutAnAnswerAndWithoutADeadlineIsFound() {
        assertFound("the end of being CATCHING_UP", new Sabotage() {
            @Override
            public Transport network(SimulatedPeer peer, Transport sound) {
                return peer.index == LATE ? withoutAnswersTo("FetchStateChunk", sound) : sound;
            }
        });
    }

    @Test
    void soItIsWhereNoTrainerMadeIt() {
        assertFound("the end of a state", new Sabotage() {
            @Override
            public Transport network(SimulatedPeer peer, Transport sound) {
                return peer.isTrainer() ? sound : withoutAnswersTo("DescribeState", sound);
            }
        });
    }

    @Test
    void aDeadlineThatIsNoneIsFound() {
        assertFound("call of FetchStateChunk", new Sabotage() {
            @Override
            public Transport network(SimulatedPeer peer, Transport sound) {
                return new Transport() {
                    @Override
                    public <Q extends Message, R extends Message> CompletableFuture<R> call(
                            Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
                        return sound.call(to, method, request, Duration.ofDays(1));
                    }
                };
            }

            @Override
            public RequestHandler answers(SimulatedPeer peer, RequestHandler sound) {
                return withoutAnswersTo("FetchStateChunk", sound);
            }
        });
    }

    @Test
    void somebodyWhoNeverAnswersIsFound() {
        assertFound("the end of somebody's call of SignRecord", new Sabotage() {
            @Override
            public RequestHandler answers(SimulatedPeer peer, RequestHandler sound) {
                return withoutAnswersTo("SignRecord", sound);
            }
        });
    }

    @Test
    void trainersThatNeverMeetAreFound() {
        assertFound("the end of being ACCUMULATING", new Sabotage() {
            @Override
            public GradientSource gradients(SimulatedPeer peer, GradientSource sound, Scheduler scheduler) {
                return new InvariantsTest.Source(sound) {
                    @Override
                    public long samples() {
                        return 0;
                    }
                };
            }
        });
    }

    @Test
    void aTrainerThatNeverBeginsIsFound() {
        assertFound("the end of being STARTING", new Sabotage() {
            @Override
            public Replica replica(SimulatedPeer peer, Replica sound) {
                return peer.index != 1
                        ? sound
                        : new InvariantsTest.Copy(sound) {
                            @Override
                            public StateBytes state() {
                                throw new IllegalStateException("The disk is broken");
                            }
                        };
            }
        });
    }

    @Test
    void futuresAreFoundInPrograms() {
        Set<String> seen = new TreeSet<>();
        run(new Sabotage() {
            private final Map<SimulatedPeer, SwarmNode> nodes = new HashMap<>();

            @Override
            public void node(SimulatedPeer peer, SwarmNode sound) {
                nodes.put(peer, sound);
            }

            @Override
            public RequestHandler answers(SimulatedPeer peer, RequestHandler sound) {
                return (caller, method, request) -> {
                    if (isOf("JoinGroup", method) || isOf("ExchangePart", method)) {
                        seen.addAll(Tables.of(Objects.requireNonNull(nodes.get(peer)))
                                .open()
                                .values());
                    }
                    return sound.handle(caller, method, request);
                };
            }
        });

        assertThat(seen).contains("averaging.Matchmaking$Meeting.group", "averaging.Round.outcome");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "STOPPED")
    void everyPhaseHasALimitThatAShortScheduleReaches(Phase phase) {
        assertThat(new WaitLimits(RUN).ofPhase(phase, 10)).isLessThan(LENGTH);
    }

    private static boolean isOf(String name, MethodDescriptor<?, ?> method) {
        return name.equals(method.getBareMethodName());
    }

    private static RequestHandler withoutAnswersTo(String name, RequestHandler sound) {
        return (caller, method, request) ->
                isOf(name, method) ? new CompletableFuture<>() : sound.handle(caller, method, request);
    }

    private static Transport withoutAnswersTo(String name, Transport sound) {
        return new Transport() {
            @Override
            public <Q extends Message, R extends Message> CompletableFuture<R> call(
                    Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
                return isOf(name, method) ? new CompletableFuture<>() : sound.call(to, method, request, deadline);
            }
        };
    }

    private static void assertFound(String what, Sabotage sabotage) {
        assertThat(run(sabotage).violation()).hasValueSatisfying(found -> {
            assertThat(found.invariant()).isEqualTo("nobody waits for ever");
            assertThat(found.what()).contains(what);
        });
    }

    private static SimulationResult run(Sabotage sabotage) {
        PeerGroup keepers = new PeerGroup(
                "keeper",
                1,
                Role.KEEPER,
                "north",
                Range.of(0),
                Range.of(2e6),
                Range.of(1e7),
                1,
                Range.of(1),
                Range.of(0),
                Range.of(0),
                null,
                null);
        Scenario scenario = new Scenario(
                "Five trainers, one who comes late, and a keeper",
                RUN,
                new Links(Duration.ofMillis(20), Map.of(), 0.2, 0, 0, 0),
                List.of(trainers("trainers", LATE, 0, null), trainers("late", 1, 40, null), keepers),
                List.of(),
                Duration.ofSeconds(50));
        return Simulation.run(scenario, new Simulation.Options(7, 7, LENGTH, LENGTH, progress -> {}), sabotage);
    }
}
