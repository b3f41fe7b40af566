package org.starling.launcher;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that names the folder of a demo. */
final class DataOption {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder that holds everything of the demo. Default: ${DEFAULT-VALUE}.")
    Path data = Path.of(".starling");

    /** The folder, absolute. */
    Path folder() {
        return data.toAbsolutePath().normalize();
    }
}
