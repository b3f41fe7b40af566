package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same seed gives the same run on another virtual machine: with another compiler, collector and number of processors, with
 * identity hash codes that are all the same, and on every other Java that is installed beside this one. Each has another order of
 * the elements of {@code Set.of} as well.
 */
class OtherMachinesTest {
    private static final List<String> SEEDS = List.of("23", "32");
    private static final Path HOME = Path.of(System.getProperty("java.home"));

    static Stream<List<String>> machines() throws IOException {
        List<List<String>> machines = new ArrayList<>();
        String java = executable(HOME).toString();
        machines.add(List.of(java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=1"));
        machines.add(List.of(
                java,
                "-XX:+UseG1GC",
                "-XX:ActiveProcessorCount=7",
                "-XX:+UnlockExperimentalVMOptions",
                "-XX:hashCode=2"));
        Path beside = HOME.getParent();
        if (beside != null) {
            try (Stream<Path> installed = Files.list(beside)) {
                installed
                        .filter(home -> isOther(home) && Files.isExecutable(executable(home)))
                        .forEach(home -> machines.add(List.of(executable(home).toString())));
            }
        }
        return machines.stream();
    }

    private static Path executable(Path home) {
        return home.resolve("bin").resolve("java");
    }

    private static boolean isOther(Path home) {
        try {
            // not a link to this one, nor to another one that is there as well
            return Files.isDirectory(home)
                    && !Files.isSymbolicLink(home)
                    && !Files.isSameFile(home, HOME)
                    && isNewer(home);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether it can run what is compiled for Java 17; its {@code release} file tells. */
    private static boolean isNewer(Path home) throws IOException {
        Path release = home.resolve("release");
        return Files.isReadable(release)
                && Files.readAllLines(release).stream()
                        .anyMatch(line -> line.matches("JAVA_VERSION=\"(1[7-9]|[2-9]\\d).*"));
    }

    @ParameterizedTest
    @MethodSource("machines")
    void theSameSeedGivesTheSameRunOnAnotherMachine(List<String> machine) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(machine);
        command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path"), EventHashes.class.getName()));
        command.addAll(SEEDS);
        Path output = Files.createTempFile("event-hashes", ".txt");
        try {
            int exit = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .redirectOutput(output.toFile())
                    .start()
                    .waitFor();

            List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
            assertThat(exit).as("%s printed %s", machine, lines).isZero();
            assertThat(lines)
                    .filteredOn(line -> line.matches("[0-9a-f]{8,16}"))
                    .containsExactlyElementsOf(SEEDS.stream()
                            .map(seed ->
                                    RandomSchedule.run(Long.parseLong(seed)).eventHash())
                            .toList());
        } finally {
            Files.delete(output);
        }
    }
}
