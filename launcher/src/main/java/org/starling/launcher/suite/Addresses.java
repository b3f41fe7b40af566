package org.starling.launcher.suite;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starling.launcher.process.OwnerOnly;

/**
 * Where a running swarm can be asked; kept in a file, for the commands that are not the one that started it.
 *
 * @param run {@code organisation/name}
 * @param process id of the process that started the swarm
 * @param services base addresses by service name
 * @param peers base addresses by process name, of every peer, auxiliary ones included
 */
public record Addresses(String run, long process, Map<String, URI> services, Map<String, URI> peers) {
    private static final String FILE = "suite.json";

    public Addresses {
        services = new LinkedHashMap<>(services);
        peers = new LinkedHashMap<>(peers);
    }

    /**
     * Those of the swarm that runs in the folder.
     *
     * @throws SuiteException when none does
     */
    public static Addresses read(Path folder) throws IOException, SuiteException {
        try {
            if (DataFolder.isInUse(folder)) {
                return Json.MAPPER.readValue(Files.readString(folder.resolve(FILE)), Addresses.class);
            }
        } catch (NoSuchFileException e) {
            throw new SuiteException("The demo in " + folder + " is starting: ask again in a few seconds.", e);
        }
        throw new SuiteException("No demo is running in " + folder
                + ": start one with ./starling demo, or name its folder with --data.");
    }

    void write(Path folder) throws IOException {
        OwnerOnly.write(folder.resolve(FILE), Json.MAPPER.writeValueAsString(this));
    }

    static void delete(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(FILE));
    }

    /** The address of a service: {@code hub}, {@code auth}, {@code metrics} or {@code checkpoint}. */
    public URI service(String name) {
        URI address = services.get(name);
        if (address == null) {
            throw new IllegalArgumentException(
                    "There is no service " + name + " among " + List.copyOf(services.keySet()));
        }
        return address;
    }
}
