package org.starling.checkpoint.testing;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;
import org.starling.training.optimizer.TrainingState;
import org.starling.training.task.TrainingTask;
import org.starling.training.task.TrainingTasks;

/** A run of the toy task whose states are random numbers, and the records that lead from one to the next. */
public final class ToyRun {
    public static final RunConfiguration CONFIGURATION = new RunConfiguration(
            "birds/toy", "toy", Map.of(), 64, AveragingSettings.defaults(), MembershipSettings.defaults());
    public static final TrainingTask TASK = TrainingTasks.create("toy", Map.of());

    private static final int SAMPLES = 100;

    private ToyRun() {}

    /** The state after an epoch of a generation: always the same numbers. */
    public static StateSnapshot state(long generation, long epoch) {
        int size = TASK.layout().size();
        SplittableRandom random = new SplittableRandom(31 * generation + epoch);
        float[][] slots = new float[TASK.newOptimizer().slots()][];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = values(random, size);
        }
        TrainingState state = TrainingState.of(epoch, values(random, size), slots);
        return StateSnapshot.copyOf(new StateBytes() {
            @Override
            public long size() {
                return state.byteLength();
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                state.read(offset, target);
            }
        });
    }

    private static float[] values(SplittableRandom random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    /** The record of an epoch that one peer committed alone. */
    public static EpochRecord record(long generation, long epoch) {
        return EpochRecord.of(EpochRecordBody.newBuilder()
                .setRun(CONFIGURATION.run())
                .setGeneration(generation)
                .setEpoch(epoch)
                .setParent(name("parent of " + generation + "/" + epoch))
                .setTotalSamples(epoch * SAMPLES)
                .setGroupId(ByteString.copyFrom(new byte[16]))
                .addMembers(Contribution.newBuilder()
                        .setPublicKey(ByteString.copyFrom(new byte[32]))
                        .setAccountId("1")
                        .setAccountName("ada")
                        .setSamples(SAMPLES))
                .setGradientDigest(name("gradient"))
                .setStateBefore(name("before"))
                .setStateAfter(state(generation, epoch).description().digest().toByteString())
                .setStartedAtMillis(1_000 * epoch)
                .build());
    }

    private static ByteString name(String what) {
        return Digest.of(Hashes.sha256(what.getBytes(StandardCharsets.UTF_8))).toByteString();
    }
}
