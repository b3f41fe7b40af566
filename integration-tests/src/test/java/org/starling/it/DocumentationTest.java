package org.starling.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents name is there: tests, their methods, files of this repository. */
class DocumentationTest {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    /** {@code SomeTest}, {@code SomeTest.method}, {@code SomeTest.begins…}; {@code .method} is of the class named before it. */
    private static final Pattern NAMED_TEST =
            Pattern.compile("`(?:(?<type>[A-Z]\\w*(?:Test|IT))(?:[.#](?<method>\\w+…?))?|\\.(?<more>\\w+…?))`");

    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|mailto:|#)(?<path>[^)#\\s]+)[^)]*\\)");

    private static List<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.walk(HOME.resolve("docs"));
                Stream<Path> top = Files.list(HOME)) {
            return Stream.concat(docs, top)
                    .filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    /** The source of each test class, by its simple name. */
    private static Map<String, String> tests() throws IOException {
        Map<String, String> sources = new TreeMap<>();
        try (Stream<Path> modules = Files.list(HOME)) {
            for (Path folder : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(folder)) {
                    files.filter(file -> file.toString().matches(".*(Test|IT)\\.java"))
                            .forEach(file -> sources.merge(
                                    file.getFileName().toString().replace(".java", ""), read(file), String::concat));
                }
            }
        }
        return sources;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean hasMethod(String source, String named) {
        String name = named.endsWith("…") ? named.substring(0, named.length() - 1) + "\\w*" : named;
        return Pattern.compile("\\bvoid " + name + "\\(").matcher(source).find();
    }

    @Test
    void everyTestThatADocumentNamesExists() throws IOException {
        Map<String, String> tests = tests();
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (Path document : documents()) {
            for (String line : Files.readAllLines(document)) {
                Matcher each = NAMED_TEST.matcher(line);
                String type = null;
                while (each.find()) {
                    type = each.group("type") == null ? type : each.group("type");
                    String method = each.group("method") == null ? each.group("more") : each.group("method");
                    if (type == null) {
                        continue;
                    }
                    named++;
                    String source = tests.get(type);
                    if (source == null || method != null && !hasMethod(source, method)) {
                        missing.add(HOME.relativize(document) + ": " + each.group());
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(named).as("the threat model alone names more").isGreaterThan(50);
    }

    @Test
    void everyLinkIntoThisRepositoryLeadsSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path document : documents()) {
            Matcher link = LINK.matcher(read(document));
            while (link.find()) {
                if (!Files.exists(document.resolveSibling(link.group("path")))) {
                    broken.add(HOME.relativize(document) + ": " + link.group("path"));
                }
            }
        }
        assertThat(broken).isEmpty();
    }
}
