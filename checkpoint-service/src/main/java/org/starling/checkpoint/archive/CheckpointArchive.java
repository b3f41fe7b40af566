package org.starling.checkpoint.archive;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.state.StateBytes;
import org.starling.swarm.state.StateDescription;
import org.starling.swarm.state.StateSnapshot;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.training.checkpoint.CheckpointFiles;
import org.starling.training.checkpoint.CorruptCheckpointException;
import org.starling.training.checkpoint.RunSummary;
import org.starling.training.optimizer.TrainingState;
import org.starling.training.task.TrainingTask;

/**
 * The checkpoints of one run in one folder. Each is a folder of the files that {@link CheckpointFiles} writes, and {@value
 * #RECORD}, the epoch record with its signatures. Methods that write or delete are called by one thread at a time.
 */
public final class CheckpointArchive {
    /** The epoch record, as protobuf bytes. */
    public static final String RECORD = "record.pb";

    private static final Logger log = LoggerFactory.getLogger(CheckpointArchive.class);
    private static final long MAX_RECORD_BYTES = 1 << 20;

    private final Path root;
    private final RunConfiguration run;
    private final TrainingTask task;
    private final int slots;
    private final InstantSource clock;

    /**
     * @param root folder of all checkpoints, made if it is missing
     * @param task of the run
     */
    public CheckpointArchive(Path root, RunConfiguration run, TrainingTask task, InstantSource clock)
            throws IOException {
        this.root = Files.createDirectories(root);
        this.run = run;
        this.task = task;
        this.slots = task.newOptimizer().slots();
        this.clock = clock;
    }

    /** Names of the files of a checkpoint. */
    public static List<String> fileNames() {
        List<String> names = new ArrayList<>(CheckpointFiles.names());
        names.add(RECORD);
        return names;
    }

    public Path folder(String name) {
        return root.resolve(name);
    }

    /**
     * Writes a checkpoint.
     *
     * @param snapshot the state that the record names, already verified
     * @throws IOException if the disk refuses, or the state is none of this run's task; nothing is left behind then
     */
    public StoredCheckpoint write(
            EpochRecord record, EpochRecordMessage message, StateSnapshot snapshot, OptionalDouble loss)
            throws IOException {
        TrainingState state = assemble(snapshot);
        RunSummary summary = new RunSummary(
                RunSummary.FORMAT,
                run.run(),
                task.name(),
                task.settings(),
                task.attribution(),
                record.epoch(),
                record.generation(),
                state.size(),
                record.stateAfter().toString(),
                record.id().toString(),
                record.totalSamples(),
                task.metric(),
                loss.isPresent() ? loss.getAsDouble() : null,
                clock.instant());
        String name = String.format(
                Locale.ROOT,
                "generation-%d-epoch-%08d-%s",
                record.generation(),
                record.epoch(),
                record.stateAfter().abbreviated());
        Path folder = folder(name);
        try {
            Files.createDirectories(folder);
            writeSynced(folder.resolve(RECORD), message.toByteArray());
            CheckpointFiles.write(folder, summary, task.layout(), state);
        } catch (IOException | IllegalArgumentException e) {
            delete(name);
            throw e instanceof IOException io ? io : new IOException("The state does not fit the run's task", e);
        }
        return new StoredCheckpoint(name, record, sizeOf(folder), loss);
    }

    /**
     * Reads a checkpoint and verifies its state against the record's digest.
     *
     * @throws UnusableCheckpointException if it is damaged or of another run
     */
    public LoadedCheckpoint read(String name) throws UnusableCheckpointException {
        Path folder = folder(name);
        try {
            EpochRecordMessage message = readRecord(folder);
            EpochRecord record = EpochRecord.parse(message.getBody(), run.run());
            TrainingState state =
                    CheckpointFiles.read(folder, task.layout(), slots).state();
            StateSnapshot snapshot = StateSnapshot.copyOf(bytesOf(state));
            if (!snapshot.description().digest().equals(record.stateAfter())) {
                throw new UnusableCheckpointException("The checkpoint in " + folder
                        + " is damaged: its state's digest is "
                        + snapshot.description().digest().abbreviated() + ", but the swarm agreed on "
                        + record.stateAfter().abbreviated());
            }
            return new LoadedCheckpoint(record, message, snapshot);
        } catch (UnusableCheckpointException e) {
            throw e;
        } catch (NoSuchFileException e) {
            throw new UnusableCheckpointException(
                    "The checkpoint in " + folder + " is incomplete: " + e.getFile() + " is missing", e);
        } catch (CorruptCheckpointException e) {
            throw new UnusableCheckpointException("The checkpoint in " + folder + " is damaged: " + e.getMessage(), e);
        } catch (IOException | IllegalArgumentException e) {
            throw new UnusableCheckpointException(
                    "The checkpoint in " + folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Every complete checkpoint that the folder holds, by its summary and record alone; states are not read. */
    public List<StoredCheckpoint> scan() throws IOException {
        List<StoredCheckpoint> found = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(root, Files::isDirectory)) {
            for (Path folder : folders) {
                StoredCheckpoint checkpoint = describe(folder);
                if (checkpoint != null) {
                    found.add(checkpoint);
                }
            }
        }
        return found;
    }

    private @Nullable StoredCheckpoint describe(Path folder) throws IOException {
        try {
            RunSummary summary = CheckpointFiles.readRun(folder);
            EpochRecord record = EpochRecord.parse(readRecord(folder).getBody(), run.run());
            Double loss = summary.loss();
            return new StoredCheckpoint(
                    folder.getFileName().toString(),
                    record,
                    sizeOf(folder),
                    loss == null ? OptionalDouble.empty() : OptionalDouble.of(loss));
        } catch (IOException | IllegalArgumentException e) {
            log.warn("{} is not a checkpoint of {} and is left alone: {}", folder, run.run(), e.getMessage());
            return null;
        }
    }

    /** Removes a checkpoint's files; {@code run.json} first, so that an interrupted removal leaves no checkpoint. */
    public void delete(String name) throws IOException {
        Path folder = folder(name);
        Files.deleteIfExists(folder.resolve(CheckpointFiles.RUN));
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private TrainingState assemble(StateSnapshot snapshot) throws IOException {
        TrainingState.Assembler assembler =
                new TrainingState.Assembler(task.layout().size(), slots);
        if (snapshot.size() != assembler.byteLength()) {
            throw new IOException("The state has " + snapshot.size() + " bytes, but one of the task " + task.name()
                    + " has " + assembler.byteLength());
        }
        try {
            StateDescription description = snapshot.description();
            for (int i = 0; i < description.chunks().size(); i++) {
                assembler.write(description.offset(i), ByteBuffer.wrap(snapshot.chunk(i)));
            }
            return assembler.finish();
        } catch (IllegalArgumentException e) {
            throw new IOException("The bytes are no state of the task " + task.name() + ": " + e.getMessage(), e);
        }
    }

    private static StateBytes bytesOf(TrainingState state) {
        return new StateBytes() {
            @Override
            public long size() {
                return state.byteLength();
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                state.read(offset, target);
            }
        };
    }

    private static EpochRecordMessage readRecord(Path folder) throws IOException {
        Path file = folder.resolve(RECORD);
        if (Files.size(file) > MAX_RECORD_BYTES) {
            throw new UnusableCheckpointException(file + " is too long for an epoch record");
        }
        try {
            return EpochRecordMessage.parseFrom(Files.readAllBytes(file));
        } catch (InvalidProtocolBufferException e) {
            throw new UnusableCheckpointException(file + " is not an epoch record", e);
        }
    }

    private static void writeSynced(Path file, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }

    private static long sizeOf(Path folder) throws IOException {
        long size = 0;
        for (String name : fileNames()) {
            size += Files.size(folder.resolve(name));
        }
        return size;
    }
}
