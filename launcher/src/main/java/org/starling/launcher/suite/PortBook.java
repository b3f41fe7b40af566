package org.starling.launcher.suite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.starling.launcher.process.OwnerOnly;
import org.starling.launcher.process.Ports;
import tools.jackson.core.type.TypeReference;

/** Which port each process of one folder listens on: free ones, and the same again at the next start if possible. */
final class PortBook {
    private final Path file;
    private final Consumer<String> news;
    private final Map<String, Integer> ports = new TreeMap<>();

    private PortBook(Path file, Consumer<String> news) {
        this.file = file;
        this.news = news;
    }

    /** @param news hears, in a sentence, of a port that had to be changed */
    static PortBook open(Path file, Consumer<String> news) throws IOException {
        PortBook book = new PortBook(file, news);
        if (Files.exists(file)) {
            book.ports.putAll(
                    Json.MAPPER.readValue(Files.readString(file), new TypeReference<Map<String, Integer>>() {}));
        }
        return book;
    }

    /** The port for this use. Call before the process that takes it starts. */
    synchronized int get(String use) throws IOException {
        Integer known = ports.get(use);
        if (known != null && Ports.isFree(known)) {
            return known;
        }
        int port = Ports.findFree(1).get(0);
        while (ports.containsValue(port)) {
            port = Ports.findFree(1).get(0);
        }
        if (known != null) {
            news.accept("Port %d of %s is taken by another program, so it now listens on port %d."
                    .formatted(known, use, port));
        }
        set(use, port);
        return port;
    }

    /** Decides on a port. */
    synchronized void set(String use, int port) throws IOException {
        ports.put(use, port);
        OwnerOnly.write(file, Json.MAPPER.writeValueAsString(ports));
    }
}
