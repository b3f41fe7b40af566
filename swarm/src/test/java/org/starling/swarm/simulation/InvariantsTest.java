package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.starling.swarm.simulation.TrainerGroups.trainers;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.node.Gradient;
import org.starling.swarm.node.GradientSource;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.node.Replica;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.simulation.Scenario.Fault;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.virtual.Links;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;

/** Breaks peers on purpose, one way for each invariant, to see that it is found. */
class InvariantsTest {
    private static final Duration LENGTH = Duration.ofMinutes(4);
    private static final Duration CALM = Duration.ofSeconds(50);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final SimulatedPeer TRAINER =
            new SimulatedPeer(0, trainers("trainers", 1, 0, null), 0, new SplittableRandom(1));

    @Test
    void soundPeersBreakNone() {
        assertThat(run(List.of(new Fault.Ban(Duration.ofSeconds(30), "trainers", 0.2)), Sabotage.NONE)
                        .violation())
                .isEmpty();
    }

    @Test
    void oneDigest() {
        assertFound("one digest", new Sabotage() {
            @Override
            public Replica replica(SimulatedPeer peer, Replica sound) {
                return peer.index == 1 ? new StaleReplica(sound) : sound;
            }
        });
    }

    @Test
    void aRecordHasItsSignatures() {
        assertFound("a record has its signatures", new Sabotage() {
            @Override
            public AveragingSettings averaging(AveragingSettings sound) {
                return new AveragingSettings(
                        sound.codec(),
                        sound.partElements(),
                        sound.partsInFlight(),
                        sound.bytesInFlight(),
                        sound.matchmakingWindow(),
                        sound.partTimeout(),
                        sound.roundTimeout(),
                        51,
                        100,
                        sound.maxGroupSize(),
                        sound.errorFeedback());
            }
        });
    }

    @Test
    void samplesAreUsedOnce() {
        assertFound("samples are used once", new Sabotage() {
            @Override
            public GradientSource gradients(SimulatedPeer peer, GradientSource sound, Scheduler scheduler) {
                return new Source(sound) {
                    @Override
                    public CompletableFuture<Optional<Gradient>> drain() {
                        return super.drain()
                                .thenApply(drained -> drained.map(g -> new Gradient(g.mean(), 2 * g.samples())));
                    }
                };
            }
        });
    }

    @Test
    void samplesAreAccountedFor() {
        assertFound("samples are accounted for", new Sabotage() {
            @Override
            public GradientSource gradients(SimulatedPeer peer, GradientSource sound, Scheduler scheduler) {
                return new Source(sound) {
                    @Override
                    public CompletableFuture<Optional<Gradient>> drain() {
                        return super.drain()
                                .thenApply(drained -> drained.map(g -> new Gradient(g.mean(), g.samples() / 2)));
                    }
                };
            }
        });
    }

    /** Two halves of a swarm go on apart, the first of them twice as fast. */
    @Test
    void theHeavierChainIsFollowed() {
        Scenario halves = scenario(
                List.of(trainers("fast", 3, "north", 10, 0, null), trainers("slow", 3, "south", 5, 0, null)),
                List.of(new Fault.Cut(Duration.ofSeconds(15), Duration.ofSeconds(30), "north", "south", true)));

        assertThat(run(halves, Sabotage.NONE).violation()).isEmpty();
        assertFound("the heavier chain is followed", run(halves, new Sabotage() {
            @Override
            public void node(SimulatedPeer peer, SwarmNode sound) {
                // each record takes away from its chain
                Inside.replace(sound, "chains.choice.weight.targetBatchSize", (LongSupplier) () -> -1);
            }
        }));
    }

    @Test
    void theBannedTakeNoPart() {
        SimulationResult result = run(List.of(new Fault.Ban(Duration.ofSeconds(30), "trainers", 0.2)), new Sabotage() {
            @Override
            public boolean deliversOrders() {
                return false;
            }
        });

        assertFound("the banned take no part", result);
    }

    @Test
    void nobodyWaitsForEver() {
        assertFound("nobody waits for ever", new Sabotage() {
            @Override
            public GradientSource gradients(SimulatedPeer peer, GradientSource sound, Scheduler scheduler) {
                return peer.index != 1
                        ? sound
                        : new Source(sound) {
                            @Override
                            public CompletableFuture<Optional<Gradient>> drain() {
                                return new CompletableFuture<>();
                            }
                        };
            }
        });
    }

    @Test
    void boundedQueues() {
        assertFound("bounded queues", new Sabotage() {
            @Override
            public GradientSource gradients(SimulatedPeer peer, GradientSource sound, Scheduler scheduler) {
                return new Source(sound) {
                    @Override
                    public long samples() {
                        for (int i = 0; i < 10; i++) {
                            scheduler.schedule(Duration.ofDays(1), () -> {});
                        }
                        return super.samples();
                    }
                };
            }
        });
    }

    @Test
    void boundedTables() {
        SimulationResult result = run(List.of(), new Sabotage() {
            @Override
            public void node(SimulatedPeer peer, SwarmNode sound) {
                // forgets nobody who listens
                sound.addListener(new NodeListener() {
                    @Override
                    public void replicaAdvanced(long generation, StateReference state) {
                        for (int i = 0; i < 1000; i++) {
                            sound.addListener(new NodeListener() {});
                        }
                    }
                });
            }
        });

        assertFound("bounded tables", result);
        assertThat(result.violation().orElseThrow().what()).contains(".listeners");
    }

    @Test
    void everyTableIsLookedAt() {
        Set<String> seen = new TreeSet<>();
        run(List.of(), new Sabotage() {
            @Override
            public void node(SimulatedPeer peer, SwarmNode sound) {
                sound.addListener(new NodeListener() {
                    @Override
                    public void replicaAdvanced(long generation, StateReference state) {
                        Tables.of(sound).sizes().forEach((table, entries) -> {
                            if (entries > 0) {
                                seen.add(table);
                            }
                        });
                    }
                });
            }
        });

        assertThat(seen)
                .contains(
                        "membership.KnownPeers.peers",
                        "membership.KnownPeers.living",
                        "membership.NewsTable.authors",
                        "membership.NewsTable.arrivals",
                        "node.Electorate.voters",
                        "ledger.Ledger.entries",
                        "ledger.Ledger.byState",
                        "node.Rounds.rounds",
                        "node.StateServer.recent");
    }

    @Test
    void everybodyAgreesInTheEnd() {
        assertFound("everybody agrees in the end", new Sabotage() {
            @Override
            public Replica replica(SimulatedPeer peer, Replica sound) {
                return peer.index != 5
                        ? sound
                        : new Copy(sound) {
                            @Override
                            public void load(StateBytes state) {
                                throw new IllegalArgumentException("the disk is full");
                            }
                        };
            }
        });
    }

    @Test
    void everybodyGoesOnAgreeing() {
        SimulationResult result = run(List.of(), new Sabotage() {
            @Override
            public Replica replica(SimulatedPeer peer, Replica sound) {
                return peer.index == 5 ? new FailingReplica(sound) : sound;
            }
        });

        assertFound("everybody agrees in the end", result);
        assertThat(result.violation().orElseThrow().at())
                .as("it had agreed: whoever never does is found as soon as patience ends")
                .isGreaterThan(CALM.plus(PATIENCE).plusSeconds(5));
    }

    @Test
    void noDefect() {
        assertFound("no defect", new Sabotage() {
            @Override
            public GradientSource gradients(SimulatedPeer peer, GradientSource sound, Scheduler scheduler) {
                return new Source(sound) {
                    @Override
                    public double trainingLoss() {
                        throw new IllegalStateException("no loss yet");
                    }
                };
            }
        });
    }

    // ---- what no peer can be made to do: shown to the check itself ----

    @Test
    void committedStaysCommitted() {
        Chronicle chronicle = new Chronicle();
        EpochRecord first = record(1, Digest.ZERO);
        EpochRecord second = record(2, first.id());
        chronicle.add(first);
        chronicle.add(second);
        Invariants invariants = invariants(chronicle, record -> false);

        // to go back is right where nobody has the newer state any more
        invariants.statusChanged(TRAINER, at(second), at(first), state -> false);
        invariants.statusChanged(TRAINER, at(first), at(second), state -> true);
        assertThatThrownBy(() -> invariants.statusChanged(TRAINER, at(second), at(first), state -> true))
                .isInstanceOfSatisfying(
                        ViolationException.class,
                        found -> assertThat(found.invariant()).isEqualTo("committed stays committed"));
    }

    @Test
    void nobodyFollowsWhatWasMadeUp() {
        Chronicle chronicle = new Chronicle();
        EpochRecord first = record(1, Digest.ZERO);
        EpochRecord second = record(2, first.id());
        EpochRecord forged = record(3, second.id());
        chronicle.add(first);
        chronicle.add(second);
        chronicle.add(forged);
        Invariants invariants = invariants(chronicle, record -> record.id().equals(forged.id()));

        invariants.statusChanged(TRAINER, at(first), at(second), state -> true);
        assertThatThrownBy(() -> invariants.statusChanged(TRAINER, at(second), at(forged), state -> true))
                .isInstanceOfSatisfying(
                        ViolationException.class,
                        found -> assertThat(found.invariant()).isEqualTo("nobody follows what was made up"));
    }

    @Test
    void aRecordHasItsSignaturesInTheEnd() {
        EpochRecord record = record(1, Digest.ZERO);
        Instant began = record.startedAt();
        Invariants invariants = invariants(new Chronicle(), any -> false);

        // it began before the calm; it has time to be signed
        invariants.signedInTheEnd(List.of(record), began.minusSeconds(20), began.plusSeconds(100));
        invariants.signedInTheEnd(List.of(record), began.minusSeconds(100), began.plusSeconds(20));
        assertThatThrownBy(() ->
                        invariants.signedInTheEnd(List.of(record), began.minusSeconds(100), began.plusSeconds(100)))
                .isInstanceOfSatisfying(
                        ViolationException.class,
                        found -> assertThat(found.invariant()).isEqualTo("a record has its signatures"));
    }

    private static Invariants invariants(Chronicle chronicle, Predicate<EpochRecord> madeUp) {
        return new Invariants(
                AveragingSettings.defaults(),
                "test/run",
                chronicle,
                new Weights(AveragingSettings.defaults(), 300),
                madeUp,
                () -> true);
    }

    private static EpochRecord record(long epoch, Digest parent) {
        return EpochRecord.of(EpochRecordBody.newBuilder()
                .setRun("test/run")
                .setEpoch(epoch)
                .setParent(parent.toByteString())
                .setStateBefore(Digest.ZERO.toByteString())
                .setStateAfter(parent.toByteString())
                .setGradientDigest(Digest.ZERO.toByteString())
                .addMembers(Contribution.newBuilder()
                        .setPublicKey(ByteString.copyFrom(TRAINER.identity.publicKey()))
                        .setSamples(1))
                .build());
    }

    private static NodeStatus at(EpochRecord head) {
        return new NodeStatus(
                NodeStatus.Phase.ACCUMULATING,
                "",
                0,
                Optional.of(head.stateReference()),
                Optional.of(head),
                head.id(),
                List.of(),
                0,
                0,
                0,
                0,
                0);
    }

    private static void assertFound(String invariant, Sabotage sabotage) {
        assertFound(invariant, run(List.of(), sabotage));
    }

    private static void assertFound(String invariant, SimulationResult result) {
        assertThat(result.violation())
                .as(result.toString())
                .map(SimulationResult.Violation::invariant)
                .hasValue(invariant);
    }

    private static SimulationResult run(List<Fault> faults, Sabotage sabotage) {
        return run(
                scenario(List.of(trainers("trainers", 5, 0, null), trainers("late", 1, 40, null)), faults), sabotage);
    }

    private static SimulationResult run(Scenario scenario, Sabotage sabotage) {
        return Simulation.run(scenario, new Simulation.Options(7, 6, LENGTH, PATIENCE, progress -> {}), sabotage);
    }

    private static Scenario scenario(List<PeerGroup> groups, List<Fault> faults) {
        return new Scenario(
                "Six trainers",
                new Scenario.Run(
                        300,
                        0,
                        20,
                        AveragingSettings.defaults(),
                        MembershipSettings.defaults(),
                        10,
                        Duration.ofHours(24)),
                new Links(Duration.ofMillis(20), Map.of(), 0.2, 0, 0, 0),
                groups,
                faults,
                CALM);
    }

    static class Copy implements Replica {
        final Replica sound;

        Copy(Replica sound) {
            this.sound = sound;
        }

        @Override
        public int elements() {
            return sound.elements();
        }

        @Override
        public StateBytes state() {
            return sound.state();
        }

        @Override
        public void apply(float[] meanGradient) {
            sound.apply(meanGradient);
        }

        @Override
        public void load(StateBytes state) {
            sound.load(state);
        }
    }

    /** Takes no state any more after some steps, as on a machine whose disk has filled up. */
    private static final class FailingReplica extends Copy {
        private static final int STEPS = 6;

        private int steps;

        FailingReplica(Replica sound) {
            super(sound);
        }

        private void requireSpace() {
            if (steps > STEPS) {
                throw new IllegalArgumentException("the disk is full");
            }
        }

        @Override
        public void apply(float[] meanGradient) {
            steps++;
            requireSpace();
            super.apply(meanGradient);
        }

        @Override
        public void load(StateBytes state) {
            requireSpace();
            super.load(state);
        }
    }

    /** Shows the state that it had two steps ago, as where a cache is not emptied. */
    private static final class StaleReplica extends Copy {
        private byte[] shown;

        StaleReplica(Replica sound) {
            super(sound);
            shown = bytes(sound.state());
        }

        private static byte[] bytes(StateBytes state) {
            byte[] bytes = new byte[(int) state.size()];
            state.read(0, ByteBuffer.wrap(bytes));
            return bytes;
        }

        @Override
        public StateBytes state() {
            byte[] now = shown;
            return new StateBytes() {
                @Override
                public long size() {
                    return now.length;
                }

                @Override
                public void read(long offset, ByteBuffer target) {
                    target.put(now, (int) offset, target.remaining());
                }
            };
        }

        @Override
        public void apply(float[] meanGradient) {
            shown = bytes(sound.state());
            sound.apply(meanGradient);
        }
    }

    static class Source implements GradientSource {
        private final GradientSource sound;

        Source(GradientSource sound) {
            this.sound = sound;
        }

        @Override
        public long samples() {
            return sound.samples();
        }

        @Override
        public double samplesPerSecond() {
            return sound.samplesPerSecond();
        }

        @Override
        public double trainingLoss() {
            return sound.trainingLoss();
        }

        @Override
        public String device() {
            return sound.device();
        }

        @Override
        public CompletableFuture<Optional<Gradient>> drain() {
            return sound.drain();
        }

        @Override
        public void giveBack(Gradient gradient) {
            sound.giveBack(gradient);
        }

        @Override
        public long discard() {
            return sound.discard();
        }
    }
}
