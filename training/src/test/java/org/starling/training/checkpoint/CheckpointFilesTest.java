package org.starling.training.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.training.optimizer.TrainingState;
import org.starling.training.tensor.TensorLayout;

class CheckpointFilesTest {
    private static final TensorLayout LAYOUT =
            TensorLayout.builder().matrix("w", 2, 3).vector("b", 2).vector("s").build();

    @TempDir
    Path folder;

    private TrainingState state;

    @BeforeEach
    void writeACheckpoint() throws IOException {
        state = TrainingState.of(
                7,
                new float[] {1, -2, 3, 4, Float.MIN_VALUE, -0f, 0.1f, 8, 9},
                new float[] {9, 8, 7, 6, 5, 4, 3, 2, 1},
                new float[] {0, 0, 0, 0, 0, 0, 0, 0, Float.MAX_VALUE});
        CheckpointFiles.write(folder, summary(7), LAYOUT, state);
    }

    @Test
    void readsBackTheSameBytes() throws IOException {
        CheckpointFiles.Checkpoint checkpoint = CheckpointFiles.read(folder, LAYOUT, 2);

        assertThat(bytes(checkpoint.state())).isEqualTo(bytes(state));
        assertThat(checkpoint.run()).isEqualTo(summary(7));
    }

    @Test
    void leavesExactlyTheNamedFiles() throws IOException {
        CheckpointFiles.write(folder, summary(7), LAYOUT, state);
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(CheckpointFiles.names());
        }
    }

    @Test
    void headerIsWhatOtherReadersExpect() throws IOException {
        byte[] file = Files.readAllBytes(folder.resolve("model.safetensors"));
        long header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);

        assertThat(header % 8).isZero();
        assertThat(new String(file, 8, (int) header, StandardCharsets.UTF_8).strip())
                .isEqualTo("{\"__metadata__\":{\"epoch\":\"7\",\"format\":\"pt\",\"run\":\"birds\","
                        + "\"state_digest\":\"abc\",\"step\":\"7\"},"
                        + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]},"
                        + "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[32,36]}}");
        assertThat(file).hasSize((int) (8 + header + 36));
    }

    @Test
    void theModelCardNamesTheStateAndTheDataSource() throws IOException {
        assertThat(folder.resolve("README.md"))
                .content()
                .startsWith("---\nlibrary_name: starling\n")
                .contains("# birds, epoch 7", "`abc`", "2.500 nats per image code", "CC-BY 4.0", "| `width` | `128` |");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 8, 100, -1, -36})
    void refusesAFileThatWasCutOff(int length) throws IOException {
        Path file = folder.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, length >= 0 ? length : bytes.length + length));

        assertCorrupt("model.safetensors");
    }

    @Test
    void refusesSurplusBytesAndValuesThatAreNotFinite() throws IOException {
        Path file = folder.resolve("optimizer.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length + 1));
        assertCorrupt("bytes but has");

        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, Float.NaN);
        Files.write(file, bytes);
        assertCorrupt("not finite, in tensor slot1.s at 0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{\"w\":1}",
                "{\"w\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,-4]}}",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[4000000000],\"data_offsets\":[0,16000000000]}}",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[65536,65536,65536,65536],\"data_offsets\":[0,0]}}",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} {}",
                "{\"__metadata__\":{\"a\":1}}",
                "{\"w\":"
            })
    void refusesAMalformedHeader(String header) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + json.length + 8).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        Files.write(folder.resolve("model.safetensors"), file.array());

        assertCorrupt("model.safetensors");
    }

    @Test
    void refusesACheckpointOfAnotherModel() {
        TensorLayout other = TensorLayout.builder().matrix("w", 3, 3).build();
        assertThatThrownBy(() -> CheckpointFiles.read(folder, other, 2))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("another model: tensor w has shape [2, 3], expected [3, 3]");
    }

    @Test
    void refusesFilesOfDifferentEpochs() throws IOException {
        Path newer = folder.resolve("newer");
        CheckpointFiles.write(newer, summary(0), LAYOUT, TrainingState.initial(new float[9], 2));
        Files.copy(
                newer.resolve("run.json"),
                folder.resolve("run.json"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        assertCorrupt("different epochs");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "null", "[]", "{}", "{\"format\":2}", "{\"format\":1}", "{\"format\":1,\"x\":2}"})
    void refusesAMalformedRunFile(String json) throws IOException {
        Files.writeString(folder.resolve("run.json"), json);
        assertCorrupt("run.json");
    }

    @Test
    void aFolderWithoutACheckpointIsAMissingFile() {
        assertThatThrownBy(() -> CheckpointFiles.readRun(folder.resolve("none")))
                .isInstanceOf(NoSuchFileException.class);
    }

    private void assertCorrupt(String message) {
        assertThatThrownBy(() -> CheckpointFiles.read(folder, LAYOUT, 2))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining(message);
    }

    private static RunSummary summary(long epoch) {
        return new RunSummary(
                RunSummary.FORMAT,
                "birds",
                "text-to-image",
                new TreeMap<>(Map.of("width", "128")),
                "Drawings by N. N., CC-BY 4.0",
                epoch,
                1,
                9,
                "abc",
                null,
                1234,
                "nats per image code",
                2.5,
                Instant.parse("2026-11-22T12:00:00Z"));
    }

    private static byte[] bytes(TrainingState state) {
        byte[] bytes = new byte[(int) state.byteLength()];
        state.read(0, ByteBuffer.wrap(bytes));
        return bytes;
    }
}
