package org.starling.simulator.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.simulation.Scenario.Range;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A mapping of a YAML file that knows where it stands, what was asked of it, and what nobody asked for. */
final class Section {
    private static final double MAX_SECONDS = Duration.ofDays(3660).toSeconds();

    private final String source;
    private final String path;
    private final int line;
    private final Map<String, Node> entries = new LinkedHashMap<>();
    private final Map<String, Integer> lines = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();

    private Section(String source, String path, int line) {
        this.source = source;
        this.path = path;
        this.line = line;
    }

    static Section parse(String source, String text) throws InvalidScenarioException {
        try {
            Node root = new Yaml(new LoaderOptions()).compose(new java.io.StringReader(text));
            if (root == null) {
                throw new InvalidScenarioException(source + " is empty; a scenario needs at least a list of groups.");
            }
            return of(source, "", root);
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark();
            throw new InvalidScenarioException("%s%s: this is not YAML: %s."
                    .formatted(source, mark == null ? "" : ", line " + (mark.getLine() + 1), e.getProblem()));
        } catch (YAMLException e) {
            throw new InvalidScenarioException("%s is not YAML: %s".formatted(source, e.getMessage()));
        }
    }

    private static Section of(String source, String path, Node node) throws InvalidScenarioException {
        Section section = new Section(source, path, lineOf(node));
        if (node instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                section.add(entry);
            }
        } else if (!isNothing(node)) {
            throw section.invalid("must be a mapping, 'key: value' on each line");
        }
        return section;
    }

    private void add(NodeTuple entry) throws InvalidScenarioException {
        String key = entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
        if (entries.put(key, entry.getValueNode()) != null) {
            throw new InvalidScenarioException(
                    "%s, line %d: %s is there twice.".formatted(source, lineOf(entry.getKeyNode()), pathOf(key)));
        }
        lines.put(key, lineOf(entry.getKeyNode()));
    }

    private static boolean isNothing(@Nullable Node node) {
        return node == null || node.getTag().equals(Tag.NULL);
    }

    private static int lineOf(Node node) {
        return node.getStartMark().getLine() + 1;
    }

    private String pathOf(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private @Nullable Node find(String key) {
        known.add(key);
        Node node = entries.get(key);
        return isNothing(node) ? null : node;
    }

    boolean has(String key) {
        return find(key) != null;
    }

    /** What is wrong with the section as a whole. */
    InvalidScenarioException invalid(String rule) {
        return new InvalidScenarioException(
                "%s, line %d: %s %s.".formatted(source, line, path.isEmpty() ? "the scenario" : path, rule));
    }

    /** What is wrong with a value. */
    InvalidScenarioException invalid(String key, String rule) {
        return new InvalidScenarioException("%s, line %d: %s is '%s' but must be %s."
                .formatted(source, lines.getOrDefault(key, line), pathOf(key), shown(key), rule));
    }

    private String shown(String key) {
        Node node = entries.get(key);
        return node instanceof ScalarNode scalar ? scalar.getValue() : node == null ? "" : "a list or a mapping";
    }

    InvalidScenarioException missing(String key, String rule) {
        return new InvalidScenarioException(
                "%s, line %d: %s is missing; it must be %s.".formatted(source, line, pathOf(key), rule));
    }

    private @Nullable String scalar(String key, String rule) throws InvalidScenarioException {
        Node node = find(key);
        if (node == null) {
            return null;
        }
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw invalid(key, rule);
    }

    /** The section under a key; an empty one if there is none. */
    Section section(String key) throws InvalidScenarioException {
        Node node = find(key);
        return node == null ? new Section(source, pathOf(key), line) : of(source, pathOf(key), node);
    }

    /** The sections of a list; none if there is no list. */
    List<Section> sections(String key) throws InvalidScenarioException {
        Node node = find(key);
        if (node == null) {
            return List.of();
        }
        if (!(node instanceof SequenceNode sequence)) {
            throw new InvalidScenarioException("%s, line %d: %s must be a list, each entry beginning with '- '."
                    .formatted(source, lineOf(node), pathOf(key)));
        }
        List<Section> sections = new ArrayList<>();
        for (Node entry : sequence.getValue()) {
            sections.add(of(source, pathOf(key) + "[" + sections.size() + "]", entry));
        }
        return sections;
    }

    /** The keys of a section whose keys are names. */
    List<String> names() {
        return List.copyOf(entries.keySet());
    }

    String text(String key, String otherwise) throws InvalidScenarioException {
        String text = scalar(key, "a text");
        return text == null ? otherwise : text;
    }

    /** A name of something, which must be there. */
    String name(String key, String what) throws InvalidScenarioException {
        String text = scalar(key, what);
        if (text == null) {
            throw missing(key, what);
        }
        return text;
    }

    boolean flag(String key, boolean otherwise) throws InvalidScenarioException {
        String text = scalar(key, "true or false");
        if (text == null) {
            return otherwise;
        }
        if (text.equals("true") || text.equals("false")) {
            return text.equals("true");
        }
        throw invalid(key, "true or false");
    }

    /** A whole number within bounds; 0 if it is left out and {@code otherwise} is 0. */
    long whole(String key, long otherwise, long min, long max) throws InvalidScenarioException {
        String rule = "a whole number from " + min + " to " + max;
        String text = scalar(key, rule);
        if (text == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text.replace("_", ""));
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw invalid(key, rule);
    }

    double quantity(String key, Unit unit, double otherwise, Predicate<Double> allowed, String bounds)
            throws InvalidScenarioException {
        String rule = unit.example() + bounds;
        String text = scalar(key, rule);
        if (text == null) {
            return otherwise;
        }
        var value = unit.parse(text);
        if (value.isEmpty() || !allowed.test(value.getAsDouble())) {
            throw invalid(key, rule);
        }
        return value.getAsDouble();
    }

    /** A probability or a part of a whole. */
    double share(String key, double otherwise) throws InvalidScenarioException {
        return quantity(key, Unit.SHARE, otherwise, value -> value >= 0 && value <= 1, ", from 0% to 100%");
    }

    @Nullable Duration duration(String key) throws InvalidScenarioException {
        double seconds = quantity(key, Unit.TIME, -1, value -> value >= 0 && value <= MAX_SECONDS, ", not negative");
        return seconds < 0 ? null : Duration.ofNanos(Math.round(seconds * 1e9));
    }

    Duration duration(String key, Duration otherwise) throws InvalidScenarioException {
        Duration duration = duration(key);
        return duration == null ? otherwise : duration;
    }

    /** A time that must be there. */
    Duration time(String key) throws InvalidScenarioException {
        Duration duration = duration(key);
        if (duration == null) {
            throw missing(key, Unit.TIME.example());
        }
        return duration;
    }

    Range range(String key, Unit unit, Range otherwise, Predicate<Double> allowed, String bounds)
            throws InvalidScenarioException {
        String rule = unit.example() + ", or a range of two such as 'least..greatest'" + bounds;
        String text = scalar(key, rule);
        if (text == null) {
            return otherwise;
        }
        try {
            Range range = unit.parseRange(text);
            if (allowed.test(range.min()) && allowed.test(range.max())) {
                return range;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw invalid(key, rule);
    }

    <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) throws InvalidScenarioException {
        String allowed =
                Stream.of(type.getEnumConstants()).map(Section::written).collect(Collectors.joining(", "));
        String text = scalar(key, "one of " + allowed);
        if (text == null) {
            return otherwise;
        }
        for (E constant : type.getEnumConstants()) {
            if (written(constant).equals(text)) {
                return constant;
            }
        }
        throw invalid(key, "one of " + allowed);
    }

    /** A constant as scenarios write it. */
    static String written(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Refuses what nobody has asked for. */
    void refuseUnknownKeys() throws InvalidScenarioException {
        for (String key : entries.keySet()) {
            if (!known.contains(key)) {
                throw new InvalidScenarioException("%s, line %d: %s is not known here; known are %s."
                        .formatted(source, lines.get(key), pathOf(key), String.join(", ", known)));
            }
        }
    }
}
