package org.starling.launcher.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramStoreTest {
    @TempDir
    private Path folder;

    @Test
    void unpacksClassesAndSharesLibraries() throws Exception {
        jar(
                "hub",
                Map.of(
                        "BOOT-INF/classes/db/", "",
                        "BOOT-INF/classes/db/hub.txt", "hub",
                        "BOOT-INF/lib/common.jar", "common"));
        jar("auth", Map.of("BOOT-INF/classes/auth.txt", "auth", "BOOT-INF/lib/common.jar", "common"));

        Program hub = store().program("hub");
        Program auth = store().program("auth");

        assertThat(hub.mainClass()).isEqualTo("org.example.Main");
        assertThat(hub.classPath()).hasSize(2);
        assertThat(hub.classPath().get(1))
                .hasContent("common")
                .isEqualTo(auth.classPath().get(1));
        try (JarFile classes = new JarFile(hub.classPath().get(0).toFile())) {
            assertThat(classes.getEntry("db/hub.txt")).isNotNull();
            assertThat(classes.getEntry("db/")).isNotNull();
        }
    }

    @Test
    void noticesNewClassesAndLibrariesOfTheSameNameAndDate() throws Exception {
        jar("hub", Map.of("BOOT-INF/classes/old.txt", "", "BOOT-INF/lib/common.jar", "before"));
        store().program("hub");
        jar("hub", Map.of("BOOT-INF/classes/new.txt", "", "BOOT-INF/lib/common.jar", "afterw"));

        Program hub = store().program("hub");

        assertThat(hub.classPath().get(1)).hasContent("afterw");
        try (JarFile classes = new JarFile(hub.classPath().get(0).toFile())) {
            assertThat(classes.getEntry("new.txt")).isNotNull();
            assertThat(classes.getEntry("old.txt")).isNull();
        }
    }

    @Test
    void saysHowToBuildWhatIsMissing() {
        assertThatThrownBy(() -> store().program("hub"))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("./mvnw -DskipTests package");
    }

    private ProgramStore store() {
        return new ProgramStore(folder.resolve("home"), folder.resolve("store"));
    }

    private void jar(String module, Map<String, String> entries) throws IOException {
        Path file = Files.createDirectories(
                        folder.resolve("home").resolve(module).resolve("target"))
                .resolve(module + ".jar");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Start-Class", "org.example.Main");
        try (OutputStream output = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(output, manifest)) {
            for (Map.Entry<String, String> entry : entries.entrySet()) {
                ZipEntry zipEntry = new ZipEntry(entry.getKey());
                zipEntry.setLastModifiedTime(FileTime.fromMillis(0));
                jar.putNextEntry(zipEntry);
                jar.write(entry.getValue().getBytes());
                jar.closeEntry();
            }
        }
    }
}
