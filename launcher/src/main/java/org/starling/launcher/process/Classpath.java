package org.starling.launcher.process;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** Where classes of this process were loaded from. */
public final class Classpath {
    private Classpath() {}

    /** The jar or folder that a class came from. */
    public static Path of(Class<?> type) {
        try {
            return Path.of(Objects.requireNonNull(type.getProtectionDomain().getCodeSource())
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
