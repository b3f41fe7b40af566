package org.starling.launcher.process;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;

/**
 * Executable Spring Boot jars, unpacked into one folder where programs share their libraries.
 *
 * <p>A JVM starts faster from plain jars than from nested ones. Instances of several processes may use one folder one
 * after the other; the folder may be deleted while nothing runs.
 */
public final class ProgramStore {
    private static final String CLASSES = "BOOT-INF/classes/";
    private static final String LIBRARIES = "BOOT-INF/lib/";

    private final Path home;
    private final Path store;

    /**
     * @param home the folder that holds the modules, each with its built jar in {@code target}
     * @param store the folder to unpack into, created when needed
     */
    public ProgramStore(Path home, Path store) {
        this.home = home;
        this.store = store;
    }

    /**
     * The program of a module, unpacked if it is not or if it was built anew.
     *
     * @throws FileNotFoundException when the module was not built; the message says how to
     */
    public Program program(String module) throws IOException {
        Path jar = find(module);
        try (JarFile source = new JarFile(jar.toFile())) {
            String mainClass = source.getManifest().getMainAttributes().getValue("Start-Class");
            if (mainClass == null) {
                throw new IOException(jar + " is not an executable Spring Boot jar: build the module again");
            }
            Path libraries = Files.createDirectories(store.resolve("lib"));
            Path classes = store.resolve("%s-%08x.jar".formatted(module, checksum(source)));
            List<Path> classPath = new ArrayList<>(List.of(classes));
            for (JarEntry entry : source.stream().toList()) {
                if (entry.getName().startsWith(LIBRARIES) && !entry.isDirectory()) {
                    // This project's own libraries change without a change of name or date.
                    Path library = libraries.resolve(
                            "%08x-%s".formatted(entry.getCrc(), entry.getName().substring(LIBRARIES.length())));
                    unpackLibrary(source, entry, library);
                    classPath.add(library);
                }
            }
            if (!Files.exists(classes)) {
                unpackClasses(source, classes);
            }
            return new Program(mainClass, classPath);
        }
    }

    private Path find(String module) throws FileNotFoundException {
        Path target = home.resolve(module).resolve("target");
        for (String name : List.of(module + "-exec.jar", module + ".jar")) {
            if (Files.isRegularFile(target.resolve(name))) {
                return target.resolve(name);
            }
        }
        throw new FileNotFoundException(
                "There is no " + module + ".jar in " + target + ": build it with ./mvnw -DskipTests package");
    }

    /** Of names and contents: a reproducible build gives every jar the same date. */
    private static long checksum(JarFile source) {
        CRC32 checksum = new CRC32();
        source.stream()
                .map(entry -> entry.getName() + entry.getCrc())
                .sorted()
                .forEach(entry -> checksum.update(entry.getBytes(StandardCharsets.UTF_8)));
        return checksum.getValue();
    }

    private static void unpackLibrary(JarFile source, JarEntry entry, Path library) throws IOException {
        if (Files.exists(library) && Files.size(library) == entry.getSize()) {
            return;
        }
        replace(library, output -> {
            try (InputStream input = source.getInputStream(entry)) {
                input.transferTo(output);
            }
        });
    }

    private static void unpackClasses(JarFile source, Path classes) throws IOException {
        replace(classes, output -> {
            try (JarOutputStream target = new JarOutputStream(output)) {
                for (JarEntry entry : source.stream().toList()) {
                    String name = entry.getName();
                    // Folders, too: Spring looks for classes in those that have an entry.
                    if (name.startsWith(CLASSES) && !name.equals(CLASSES)) {
                        target.putNextEntry(new ZipEntry(name.substring(CLASSES.length())));
                        try (InputStream input = source.getInputStream(entry)) {
                            input.transferTo(target);
                        }
                        target.closeEntry();
                    }
                }
            }
        });
    }

    private static void replace(Path file, Content content) throws IOException {
        Path written = file.resolveSibling(file.getFileName() + ".new");
        try (OutputStream output = Files.newOutputStream(written)) {
            content.writeTo(output);
        }
        Files.move(written, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    @FunctionalInterface
    private interface Content {
        void writeTo(OutputStream output) throws IOException;
    }
}
