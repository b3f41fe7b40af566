package org.starling.simulator.scenario;

import java.math.BigDecimal;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starling.swarm.simulation.Scenario.Range;

/** What a quantity is measured in, and how people write it. */
enum Unit {
    /** Without a unit. */
    NUMBER("a number such as 7", Map.of("", 1.0)),
    /** In seconds. */
    TIME("a time such as 20ms, 2s, 5m or 3h30m", Map.of("ms", 1e-3, "s", 1.0, "m", 60.0, "h", 3600.0, "d", 86_400.0)),
    /** In bytes. */
    SIZE("a size such as 500kB or 1MB", Map.of("B", 1.0, "kB", 1e3, "KB", 1e3, "MB", 1e6, "GB", 1e9)),
    /** From 0 to 1. */
    SHARE("a share such as 30% or 0.3", Map.of("", 1.0, "%", 0.01));

    private static final Pattern QUANTITY = Pattern.compile("([+-]?\\d{1,15}(?:\\.\\d{1,9})?)\\s*([A-Za-z%]*)");

    private static final Pattern COMPOUND = Pattern.compile("([+-]?)((?:\\d{1,6}(?:ms|s|m|h|d)){2,5})");
    private static final Pattern TERM = Pattern.compile("(\\d+)(ms|s|m|h|d)");

    private final String example;
    private final Map<String, Double> factors;

    Unit(String example, Map<String, Double> factors) {
        this.example = example;
        this.factors = factors;
    }

    /** How to write it, for messages. */
    String example() {
        return example;
    }

    /** Empty if it is not written as a quantity of this unit. Zero needs no unit. */
    OptionalDouble parse(String text) {
        Matcher compound = COMPOUND.matcher(text.strip());
        if (this == TIME && compound.matches()) {
            double seconds = TERM.matcher(compound.group(2))
                    .results()
                    .mapToDouble(term -> Double.parseDouble(term.group(1)) * factors.getOrDefault(term.group(2), 0.0))
                    .sum();
            return OptionalDouble.of(compound.group(1).equals("-") ? -seconds : seconds);
        }
        return parse(text, "");
    }

    private OptionalDouble parse(String text, String otherwise) {
        Matcher quantity = QUANTITY.matcher(text.strip());
        if (!quantity.matches()) {
            return OptionalDouble.empty();
        }
        BigDecimal number = new BigDecimal(quantity.group(1));
        String suffix = quantity.group(2).isEmpty() ? otherwise : quantity.group(2);
        Double factor = number.signum() == 0 && suffix.isEmpty() ? Double.valueOf(1) : factors.get(suffix);
        return factor == null
                ? OptionalDouble.empty()
                : OptionalDouble.of(number.multiply(BigDecimal.valueOf(factor)).doubleValue());
    }

    /**
     * {@code 7} or {@code 5..40}; the first may leave its unit to the second.
     *
     * @throws IllegalArgumentException if it is neither, or the first is greater than the second
     */
    Range parseRange(String text) {
        String[] ends = text.split("\\.\\.", 2);
        String last = ends[ends.length - 1];
        Matcher second = QUANTITY.matcher(last.strip());
        OptionalDouble max = parse(last);
        OptionalDouble min = parse(ends[0]);
        if (min.isEmpty() && second.matches()) {
            min = parse(ends[0], second.group(2));
        }
        if (min.isEmpty() || max.isEmpty() || min.getAsDouble() > max.getAsDouble()) {
            throw new IllegalArgumentException("Not a range: " + text);
        }
        return new Range(min.getAsDouble(), max.getAsDouble());
    }
}
