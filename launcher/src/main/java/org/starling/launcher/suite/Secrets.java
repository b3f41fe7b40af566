package org.starling.launcher.suite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.starling.launcher.process.OwnerOnly;
import tools.jackson.core.type.TypeReference;

/** Passwords and tokens of one swarm: random, made at first use, kept in a file with mode 600. Thread-safe. */
final class Secrets {
    private static final int BYTES = 24;

    private final Path file;
    private final Map<String, String> values;

    private Secrets(Path file, Map<String, String> values) {
        this.file = file;
        this.values = values;
    }

    static Secrets open(Path file) throws IOException {
        Map<String, String> values = new TreeMap<>();
        if (Files.exists(file)) {
            values.putAll(Json.MAPPER.readValue(Files.readString(file), new TypeReference<Map<String, String>>() {}));
        }
        return new Secrets(file, values);
    }

    /** The secret of that name. */
    synchronized String get(String name) throws IOException {
        String known = values.get(name);
        if (known != null) {
            return known;
        }
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        String made = HexFormat.of().formatHex(bytes);
        values.put(name, made);
        OwnerOnly.write(file, Json.MAPPER.writeValueAsString(values));
        return made;
    }

    /** The hub's user access token of an account. */
    String hubToken(Account account) throws IOException {
        return "hf_" + get("hub." + account.name());
    }
}
