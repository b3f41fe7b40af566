package org.starling.launcher.join;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.starling.launcher.process.OwnerOnly;

/** Which run a folder's peer joined last, so that the next start needs nobody to say so. */
public final class LastRun {
    private final Path folder;
    private final Path file;

    /** @param folder of the peer */
    public LastRun(Path folder) {
        this.folder = folder;
        this.file = folder.resolve("run");
    }

    /** The run, if it was one of this auth service. */
    public Optional<String> at(URI auth) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(file);
        return lines.size() == 2 && lines.get(0).equals(auth.toString()) ? Optional.of(lines.get(1)) : Optional.empty();
    }

    /** Keeps it. */
    public void keep(URI auth, String run) throws IOException {
        OwnerOnly.createDirectories(folder);
        OwnerOnly.write(file, auth + "\n" + run + "\n");
    }
}
