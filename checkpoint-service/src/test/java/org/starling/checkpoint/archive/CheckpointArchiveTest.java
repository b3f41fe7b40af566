package org.starling.checkpoint.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.checkpoint.testing.ToyRun;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.proto.EpochRecordMessage;

class CheckpointArchiveTest {
    @TempDir
    Path root;

    private CheckpointArchive archive;
    private StoredCheckpoint stored;

    @BeforeEach
    void writeACheckpoint() throws IOException {
        archive = new CheckpointArchive(
                root, ToyRun.CONFIGURATION, ToyRun.TASK, () -> Instant.parse("2026-11-22T12:00:00Z"));
        stored = write(1, 7);
    }

    @Test
    void readsBackExactlyTheStateThatTheRecordNames() throws IOException {
        LoadedCheckpoint loaded = archive.read(stored.folder());

        assertThat(loaded.record()).isEqualTo(ToyRun.record(1, 7));
        assertThat(loaded.state().description()).isEqualTo(ToyRun.state(1, 7).description());
        assertThat(root.resolve(stored.folder()))
                .isDirectoryContaining("glob:**/model.safetensors")
                .isDirectoryContaining("glob:**/README.md");
        assertThat(stored.bytes()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors", "optimizer.safetensors", "run.json", "record.pb"})
    void saysInOneSentenceThatAFileWasCutOff(String name) throws IOException {
        Path file = root.resolve(stored.folder()).resolve(name);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));

        assertThatThrownBy(() -> archive.read(stored.folder()))
                .isInstanceOf(UnusableCheckpointException.class)
                .hasMessageContaining(stored.folder());
    }

    @Test
    void oneFlippedBitOfAParameterIsNoticed() throws IOException {
        Path file = root.resolve(stored.folder()).resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 4] ^= 1;
        Files.write(file, bytes);

        assertThatThrownBy(() -> archive.read(stored.folder()))
                .isInstanceOf(UnusableCheckpointException.class)
                .hasMessageContaining("its state's digest is")
                .hasMessageContaining("but the swarm agreed on "
                        + ToyRun.record(1, 7).stateAfter().abbreviated());
    }

    @Test
    void aStateUnderAnotherEpochsRecordIsNoticed() throws IOException {
        StoredCheckpoint other = write(1, 8);
        Files.copy(
                root.resolve(other.folder()).resolve("record.pb"),
                root.resolve(stored.folder()).resolve("record.pb"),
                StandardCopyOption.REPLACE_EXISTING);

        assertThatThrownBy(() -> archive.read(stored.folder())).hasMessageContaining("damaged");
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        Files.delete(root.resolve(stored.folder()).resolve("optimizer.safetensors"));

        assertThatThrownBy(() -> archive.read(stored.folder()))
                .hasMessageContaining("optimizer.safetensors is missing");
    }

    @Test
    void leavesNothingBehindWhenTheStateIsOfAnotherTask() {
        EpochRecord record = ToyRun.record(1, 9);
        StateSnapshot tooShort = StateSnapshot.copyOf(new ShortState());

        assertThatThrownBy(() -> archive.write(record, message(record), tooShort, OptionalDouble.empty()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("The state has 8 bytes, but one of the task toy has");
        assertThat(root).isDirectoryNotContaining("glob:**/*00000009*");
    }

    @Test
    void findsWhatIsOnDiskAndSkipsWhatIsNoCheckpoint() throws IOException {
        StoredCheckpoint other = write(2, 3);
        Files.createDirectories(root.resolve("notes"));
        Files.delete(root.resolve(write(2, 4).folder()).resolve("run.json"));

        assertThat(archive.scan()).containsExactlyInAnyOrder(stored, other);

        archive.delete(other.folder());
        assertThat(archive.scan()).containsExactly(stored);
        assertThat(root.resolve(other.folder())).doesNotExist();
    }

    private StoredCheckpoint write(long generation, long epoch) throws IOException {
        EpochRecord record = ToyRun.record(generation, epoch);
        return archive.write(record, message(record), ToyRun.state(generation, epoch), OptionalDouble.of(1.5));
    }

    private static EpochRecordMessage message(EpochRecord record) {
        return EpochRecordMessage.newBuilder().setBody(record.bytes()).build();
    }

    private static final class ShortState implements org.starling.swarm.state.StateBytes {
        @Override
        public long size() {
            return 8;
        }

        @Override
        public void read(long offset, java.nio.ByteBuffer target) {
            target.position(target.limit());
        }
    }
}
