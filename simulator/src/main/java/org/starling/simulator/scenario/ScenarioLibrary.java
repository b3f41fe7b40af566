package org.starling.simulator.scenario;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The scenarios that are shipped, and those in files. */
public final class ScenarioLibrary {
    private static final List<String> SHIPPED = List.of(
            "home-volunteers",
            "conference-rush",
            "continent-cut-off",
            "operator-lost",
            "liars",
            "churn",
            "thousand",
            "idle",
            "twelve");
    private static final String ENDING = ".yaml";
    private static final long MAX_BYTES = 1 << 20;

    private ScenarioLibrary() {}

    /** All that are shipped. */
    public static List<ScenarioFile> shipped() {
        List<ScenarioFile> scenarios = new ArrayList<>();
        for (String name : SHIPPED) {
            scenarios.add(ship(name));
        }
        return scenarios;
    }

    /**
     * A scenario in a file, or a shipped one by its name; a file of the name goes first.
     *
     * @throws InvalidScenarioException if there is none, or it says something that is not possible
     * @throws IOException if the file cannot be read
     */
    public static ScenarioFile find(String nameOrFile) throws InvalidScenarioException, IOException {
        Path file = Path.of(nameOrFile);
        if (Files.isRegularFile(file)) {
            if (Files.size(file) > MAX_BYTES) {
                throw new InvalidScenarioException(file + " has more than 1 MB and is no scenario.");
            }
            try {
                return ScenarioReader.read(nameOrFile, Files.readString(file));
            } catch (MalformedInputException e) {
                throw new InvalidScenarioException(file + " is not a text in UTF-8.");
            }
        }
        String name = nameOrFile.endsWith(ENDING)
                ? nameOrFile.substring(0, nameOrFile.length() - ENDING.length())
                : nameOrFile;
        if (SHIPPED.contains(name)) {
            return ship(name);
        }
        throw new InvalidScenarioException("There is no file '" + nameOrFile
                + "' and no scenario of this name is shipped; those shipped are " + String.join(", ", SHIPPED) + ".");
    }

    private static ScenarioFile ship(String name) {
        try (InputStream resource = ScenarioLibrary.class.getResourceAsStream("/scenarios/" + name + ENDING)) {
            if (resource == null) {
                throw new IllegalStateException("The shipped scenario " + name + " is missing");
            }
            return ScenarioReader.read(name, new String(resource.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InvalidScenarioException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
