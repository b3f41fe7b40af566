package org.starling.launcher.process;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How to start one child.
 *
 * @param name unique among the children; the name of its log file
 * @param program what runs
 * @param jvmOptions options of the JVM
 * @param configuration Spring properties, secrets included; reach the child in a file that only its owner can read
 * @param environment variables added to this process's own
 * @param niceness how far to step back behind other processes, 0 to 19
 * @param workingDirectory the child's data folder, created when needed
 * @param readiness address that answers with status 200 as soon as the child can be used
 */
public record ServiceSpec(
        String name,
        Program program,
        List<String> jvmOptions,
        Map<String, String> configuration,
        Map<String, String> environment,
        int niceness,
        Path workingDirectory,
        URI readiness) {
    public ServiceSpec {
        jvmOptions = List.copyOf(jvmOptions);
        configuration = Map.copyOf(configuration);
        environment = Map.copyOf(environment);
    }
}
