package org.starling.launcher.process;

import java.nio.file.Path;
import java.util.List;

/**
 * A Java program that can be started.
 *
 * @param mainClass binary name
 * @param classPath jars in order
 */
public record Program(String mainClass, List<Path> classPath) {
    public Program {
        classPath = List.copyOf(classPath);
    }
}
