package org.starling.spring;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.Endpoint;
import tools.jackson.core.JacksonException;

/**
 * The folder that a peer keeps between starts: its keys, its login, its last membership and where it met others. Used by one process at a time.
 */
final class PeerFolder implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PeerFolder.class);

    private final Path folder;
    private final PeerIdentity identity;
    private final FileChannel lock;

    private PeerFolder(Path folder, PeerIdentity identity, FileChannel lock) {
        this.folder = folder;
        this.identity = identity;
        this.lock = lock;
    }

    /** What is remembered of the last admission. */
    record Remembered(String auth, String peer, TokenReply reply) {}

    /** @throws StartupProblem if the folder cannot be used, or is in use */
    static PeerFolder open(Path folder) {
        String name = folder.toAbsolutePath().normalize().toString();
        try {
            Files.createDirectories(folder);
            FileChannel lock =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!tryLock(lock)) {
                lock.close();
                throw new StartupProblem(
                        "Another process uses the peer's folder " + name + ".",
                        "Stop it, or give this peer a folder of its own with starling.peer.data.");
            }
            return new PeerFolder(folder, PeerIdentity.loadOrCreate(folder.resolve("identity.pem")), lock);
        } catch (IOException e) {
            throw new StartupProblem(
                    "The peer's folder " + name + " cannot be used: " + e + ".",
                    "Make room or give access to it, or choose another with starling.peer.data.");
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException samePeerInThisProcess) {
            return false;
        }
    }

    PeerIdentity identity() {
        return identity;
    }

    /** The last membership, if it was given by this auth service for this run and these keys. */
    Optional<TokenReply> recall(StarlingProperties properties) {
        try {
            Remembered remembered = Json.read(Files.readString(membershipFile()), Remembered.class);
            return properties.auth().url().equals(remembered.auth())
                            && identity.id().toString().equals(remembered.peer())
                            && properties.run().equals(remembered.reply().run().run())
                    ? Optional.of(remembered.reply())
                    : Optional.empty();
        } catch (NoSuchFileException firstStart) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            log.warn("The last membership in {} cannot be read and is ignored: {}", membershipFile(), e.getMessage());
            return Optional.empty();
        }
    }

    /** Keeps a membership for a start while the auth service is away. */
    void remember(StarlingProperties properties, TokenReply reply) {
        try {
            replace(
                    membershipFile(),
                    Json.MAPPER.writeValueAsString(new Remembered(
                            properties.auth().url(), identity.id().toString(), reply)));
        } catch (IOException | JacksonException e) {
            log.warn(
                    "The membership could not be kept in {}: {}; the next start will need the auth service",
                    membershipFile(),
                    e.toString());
        }
    }

    /** What is kept of a login. */
    record Login(String auth, String peer, String credential) {}

    /** The credential that this auth service gave to these keys. */
    Optional<String> recallCredential(StarlingProperties properties) {
        try {
            Login login = Json.read(Files.readString(credentialFile()), Login.class);
            return properties.auth().url().equals(login.auth())
                            && identity.id().toString().equals(login.peer())
                    ? Optional.ofNullable(login.credential())
                    : Optional.empty();
        } catch (NoSuchFileException firstStart) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            log.warn("The login in {} cannot be read and is ignored: {}", credentialFile(), e.getMessage());
            return Optional.empty();
        }
    }

    /** Keeps a credential, so that the next start needs no login. */
    void rememberCredential(StarlingProperties properties, String credential) {
        try {
            replace(
                    credentialFile(),
                    Json.MAPPER.writeValueAsString(
                            new Login(properties.auth().url(), identity.id().toString(), credential)));
        } catch (IOException | JacksonException e) {
            log.warn(
                    "The login could not be kept in {}: {}; the next start will need a new one",
                    credentialFile(),
                    e.toString());
        }
    }

    /** Deletes a credential that is of no use any more. */
    void forgetCredential() {
        try {
            Files.deleteIfExists(credentialFile());
        } catch (IOException e) {
            log.warn("The login in {} could not be deleted: {}", credentialFile(), e.toString());
        }
    }

    /** Where others answered when the peer ran before, the latest first; empty if that is not known. */
    List<Endpoint> recallAddresses() {
        try {
            return Files.readAllLines(addressesFile()).stream()
                    .map(address -> new Endpoint(address, null))
                    .toList();
        } catch (NoSuchFileException firstStart) {
            return List.of();
        } catch (IOException | IllegalArgumentException e) {
            log.warn("The addresses in {} cannot be read and are ignored: {}", addressesFile(), e.getMessage());
            return List.of();
        }
    }

    /** Keeps addresses for a start when the entry points have gone. */
    void rememberAddresses(List<Endpoint> addresses) {
        try {
            replace(
                    addressesFile(),
                    addresses.stream().map(address -> address.address() + "\n").collect(Collectors.joining()));
        } catch (IOException e) {
            log.warn("The addresses of others could not be kept in {}: {}", addressesFile(), e.toString());
        }
    }

    /** Writes a file that only the owner may read, whole or not at all. */
    private void replace(Path file, String content) throws IOException {
        Path temporary = folder.resolve(file.getFileName() + ".tmp");
        Files.deleteIfExists(temporary);
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(
                    temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(temporary, content);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private Path addressesFile() {
        return folder.resolve("addresses.txt");
    }

    private Path credentialFile() {
        return folder.resolve("credential.json");
    }

    private Path membershipFile() {
        return folder.resolve("membership.json");
    }

    /** Lets other processes use the folder. */
    @Override
    public void close() throws IOException {
        lock.close();
    }
}
