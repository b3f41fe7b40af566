package org.starling.launcher.suite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starling.launcher.process.Leftovers;
import org.starling.launcher.process.OwnerOnly;
import org.starling.postgres.EmbeddedPostgresServer;

/**
 * The folder that holds everything of one swarm, locked against a second one while it is open.
 *
 * <p>A marker file tells folders that were made here from others, so that nobody else's files are ever deleted.
 */
public final class DataFolder implements AutoCloseable {
    private static final String MARKER = ".starling-demo";
    private static final String LOCK = "lock";
    static final String POSTGRES = "postgres";
    /** Everything that a swarm writes; {@code --fresh} deletes these and nothing else. */
    private static final List<String> CONTENTS = List.of(
            "apps",
            "auth",
            "checkpoint",
            "config",
            "hub",
            "logs",
            "metrics",
            "peers",
            POSTGRES,
            "ports.json",
            "secrets.json",
            "suite.json");

    private static final long NEEDED_BYTES = 1L << 30;

    private final Path path;
    private final FileChannel lock;

    private DataFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Opens the folder, creating it when needed, and waits until what an earlier swarm has left running in it has ended.
     *
     * @param fresh delete first what an earlier swarm left in it
     * @throws SuiteException when it is in use, belongs to something else, or cannot be written to
     */
    public static DataFolder open(Path path, boolean fresh) throws SuiteException, InterruptedException {
        Path folder = path.toAbsolutePath().normalize();
        try {
            if (Files.exists(folder) && !Files.isDirectory(folder)) {
                throw new SuiteException(folder + " is not a folder: choose another with --data.");
            }
            if (!isMarked(folder) && !isEmpty(folder)) {
                throw new SuiteException(
                        folder + " holds files that are not a demo's: choose another folder with" + " --data.");
            }
            OwnerOnly.createDirectories(folder);
            Files.writeString(
                    folder.resolve(MARKER),
                    "This folder was made by ./starling demo, which may delete its contents.\n");
            FileChannel lock = lock(folder);
            try {
                // A swarm whose launcher was killed is ending, and may still write.
                Leftovers.await(folder);
                EmbeddedPostgresServer.stopOrphan(folder.resolve(POSTGRES));
                if (fresh) {
                    clear(folder);
                }
                requireSpace(folder);
            } catch (IOException | SuiteException | InterruptedException e) {
                lock.close();
                throw e;
            }
            return new DataFolder(folder, lock);
        } catch (AccessDeniedException e) {
            throw new SuiteException(
                    "This user may not write to " + e.getFile() + ": choose another folder with --data.", e);
        } catch (FileSystemException e) {
            throw new SuiteException(
                    "Cannot write to %s (%s): free some space, or choose another folder with --data."
                            .formatted(e.getFile(), e.getReason()),
                    e);
        } catch (IOException e) {
            throw new SuiteException(
                    "Cannot use " + folder + " (" + e.getMessage() + "): choose another with --data.", e);
        }
    }

    /** Whether a swarm runs in the folder now. */
    public static boolean isInUse(Path folder) throws IOException {
        if (!Files.exists(folder.resolve(LOCK))) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE)) {
            return tryLock(channel) == null;
        }
    }

    public Path path() {
        return path;
    }

    /** A file or folder within. */
    public Path resolve(String name) {
        return path.resolve(name);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    private static boolean isMarked(Path folder) {
        return Files.exists(folder.resolve(MARKER));
    }

    private static boolean isEmpty(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return true;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }

    private static FileChannel lock(Path folder) throws IOException, SuiteException {
        FileChannel channel =
                FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (tryLock(channel) == null) {
            channel.close();
            throw new SuiteException("A demo is already running in " + folder
                    + ": stop it with ./starling stop, or choose another folder with --data.");
        }
        return channel;
    }

    private static @Nullable AutoCloseable tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static void clear(Path folder) throws IOException {
        for (String name : CONTENTS) {
            Path entry = folder.resolve(name);
            if (Files.exists(entry)) {
                deleteTree(entry);
            }
        }
    }

    private static void deleteTree(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void requireSpace(Path folder) throws IOException, SuiteException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < NEEDED_BYTES) {
            throw new SuiteException("The disk that holds %s has %d MB left and a demo needs %d MB: free some space, or"
                            .formatted(folder, free >> 20, NEEDED_BYTES >> 20)
                    + " choose another folder with --data.");
        }
    }
}
