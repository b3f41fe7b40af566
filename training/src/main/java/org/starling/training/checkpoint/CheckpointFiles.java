package org.starling.training.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.starling.training.optimizer.TrainingState;
import org.starling.training.tensor.TensorLayout;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A checkpoint as a folder: {@code model.safetensors}, {@code optimizer.safetensors}, {@code run.json} and a model card,
 * {@code README.md}.
 *
 * <p>What is read is what was written, bit for bit. {@code run.json} is written last: a folder without it is not a
 * checkpoint.
 */
public final class CheckpointFiles {
    public static final String MODEL = "model.safetensors";
    public static final String OPTIMIZER = "optimizer.safetensors";
    public static final String RUN = "run.json";
    public static final String CARD = "README.md";

    private static final long MAX_RUN_BYTES = 1 << 20;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private CheckpointFiles() {}

    /** A checkpoint as read. */
    public record Checkpoint(RunSummary run, TrainingState state) {}

    /** All files that {@link #write} leaves in the folder, in the order of writing. */
    public static List<String> names() {
        return List.of(MODEL, OPTIMIZER, CARD, RUN);
    }

    /**
     * Writes a checkpoint, each file atomically, into {@code folder}, which is made if it is missing.
     *
     * @param state not changed by others meanwhile
     */
    public static void write(Path folder, RunSummary run, TensorLayout layout, TrainingState state) throws IOException {
        requireSize(layout, state.size());
        if (run.parameters() != state.size() || run.epoch() != state.step()) {
            throw new IllegalArgumentException("the summary is of epoch " + run.epoch() + " and " + run.parameters()
                    + " parameters, but the state is " + state);
        }
        Files.createDirectories(folder);
        Map<String, String> metadata = Map.of(
                "run", run.run(),
                "epoch", Long.toString(run.epoch()),
                "step", Long.toString(state.step()),
                "state_digest", run.stateDigest());
        Safetensors.write(folder.resolve(MODEL), tensorsOf(layout, "", state.parameters()), metadata);
        Safetensors.write(folder.resolve(OPTIMIZER), slotTensors(layout, state), metadata);
        writeText(folder.resolve(CARD), ModelCard.render(run));
        writeText(folder.resolve(RUN), JSON.writeValueAsString(run) + "\n");
    }

    /**
     * Reads {@code run.json} alone.
     *
     * @throws CorruptCheckpointException if it is not what {@link #write} writes
     * @throws NoSuchFileException if the folder holds no checkpoint
     */
    public static RunSummary readRun(Path folder) throws IOException {
        Path file = folder.resolve(RUN);
        if (Files.size(file) > MAX_RUN_BYTES) {
            throw new CorruptCheckpointException(file + " is too long to describe a run");
        }
        RunSummary run;
        try {
            run = JSON.readValue(Files.readAllBytes(file), RunSummary.class);
        } catch (JacksonException e) {
            throw new CorruptCheckpointException(file + " does not describe a run: " + e.getOriginalMessage(), e);
        }
        if (run == null || run.format() != RunSummary.FORMAT) {
            throw new CorruptCheckpointException(file + " is not of format " + RunSummary.FORMAT
                    + ": it was written by another version of this software");
        }
        if (Objects.isNull(run.run())
                || Objects.isNull(run.task())
                || Objects.isNull(run.settings())
                || Objects.isNull(run.stateDigest())
                || run.epoch() < 0
                || run.generation() < 0) {
            throw new CorruptCheckpointException(file + " lacks a field or has one that cannot be");
        }
        return run;
    }

    /**
     * Reads a whole checkpoint.
     *
     * @param layout of the run's model
     * @param slots of the run's optimizer
     * @throws CorruptCheckpointException if a file is damaged, of another model, or does not fit the others; the caller
     *     still compares the state's digest with the one it trusts
     */
    public static Checkpoint read(Path folder, TensorLayout layout, int slots) throws IOException {
        RunSummary run = readRun(folder);
        float[] parameters = new float[layout.size()];
        float[][] values = new float[slots][layout.size()];
        Map<String, String> model = Safetensors.read(folder.resolve(MODEL), tensorsOf(layout, "", parameters));
        Map<String, String> optimizer = Safetensors.read(folder.resolve(OPTIMIZER), slotTensors(layout, values));
        String step = Long.toString(run.epoch());
        if (!step.equals(model.get("step")) || !step.equals(optimizer.get("step"))) {
            throw new CorruptCheckpointException("the files in " + folder + " are of different epochs: " + RUN + " of "
                    + step + ", " + MODEL + " of " + model.get("step") + ", " + OPTIMIZER + " of "
                    + optimizer.get("step"));
        }
        return new Checkpoint(run, TrainingState.of(run.epoch(), parameters, values));
    }

    private static List<Safetensors.Tensor> slotTensors(TensorLayout layout, TrainingState state) {
        float[][] values = new float[state.slotCount()][];
        for (int i = 0; i < values.length; i++) {
            values[i] = state.slot(i);
        }
        return slotTensors(layout, values);
    }

    private static List<Safetensors.Tensor> slotTensors(TensorLayout layout, float[][] slots) {
        List<Safetensors.Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < slots.length; i++) {
            tensors.addAll(tensorsOf(layout, "slot" + i + ".", slots[i]));
        }
        return tensors;
    }

    private static List<Safetensors.Tensor> tensorsOf(TensorLayout layout, String prefix, float[] values) {
        return layout.tensors().stream()
                .map(tensor -> new Safetensors.Tensor(prefix + tensor.name(), tensor.shape(), values, tensor.offset()))
                .toList();
    }

    private static void requireSize(TensorLayout layout, int size) {
        if (layout.size() != size) {
            throw new IllegalArgumentException("the layout has " + layout.size() + " parameters and the state " + size);
        }
    }

    private static void writeText(Path file, String text) throws IOException {
        AtomicFile.write(file, channel -> {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }
}
