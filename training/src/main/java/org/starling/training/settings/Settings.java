package org.starling.training.settings;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Reads typed values from a map of text, once each, and remembers what was read.
 *
 * <p>Every accessor names the key, its default and its bounds. After the last one, {@link #finish()} refuses keys that
 * nobody asked for, and returns the complete settings, defaults included, in canonical order. Not thread-safe.
 */
public final class Settings {
    private final Map<String, String> given;
    private final SortedMap<String, String> effective = new TreeMap<>();

    private Settings(Map<String, String> given) {
        this.given = given;
    }

    /** Settings over a copy of {@code given}. */
    public static Settings of(Map<String, String> given) {
        return new Settings(Map.copyOf(given));
    }

    /** A whole number in {@code [least, most]}. */
    public int integer(String key, int defaultValue, int least, int most) {
        return (int) wholeNumber(key, defaultValue, least, most);
    }

    /** A whole number in {@code [least, most]}. */
    public long wholeNumber(String key, long defaultValue, long least, long most) {
        long value = parse(key, Long.toString(defaultValue), "a whole number", Long::valueOf);
        require(value >= least && value <= most, key, "between " + least + " and " + most, Long.toString(value));
        return value;
    }

    /** A finite decimal number in {@code [least, most]}. */
    public double decimal(String key, double defaultValue, double least, double most) {
        double value = parse(key, Double.toString(defaultValue), "a number", Double::valueOf);
        require(value >= least && value <= most, key, "between " + least + " and " + most, Double.toString(value));
        return value;
    }

    /** {@code true} or {@code false}. */
    public boolean flag(String key, boolean defaultValue) {
        return parse(key, Boolean.toString(defaultValue), "true or false", text -> {
            if (text.equals("true") || text.equals("false")) {
                return Boolean.valueOf(text);
            }
            throw new NumberFormatException(text);
        });
    }

    /** Text that is not blank. */
    public String text(String key, String defaultValue) {
        String value = parse(key, defaultValue, "text", Function.identity());
        require(!value.isBlank(), key, "non-blank text", value);
        return value;
    }

    /**
     * Ends reading.
     *
     * @return all settings that were read, with defaults, sorted by key
     * @throws InvalidSettingException if a given key was never asked for
     */
    public SortedMap<String, String> finish() {
        TreeSet<String> unknown = new TreeSet<>(given.keySet());
        unknown.removeAll(effective.keySet());
        if (!unknown.isEmpty()) {
            throw new InvalidSettingException("unknown setting" + (unknown.size() == 1 ? " " : "s ")
                    + String.join(", ", unknown) + "; known are " + String.join(", ", effective.keySet()));
        }
        return Collections.unmodifiableSortedMap(effective);
    }

    private <T> T parse(String key, String defaultValue, String expected, Function<String, T> parser) {
        String text = given.getOrDefault(key, defaultValue).strip();
        try {
            T value = parser.apply(text);
            effective.put(key, value.toString());
            return value;
        } catch (NumberFormatException e) {
            throw new InvalidSettingException("setting " + key + " must be " + expected + ", not '" + text + "'");
        }
    }

    private static void require(boolean condition, String key, String expected, String value) {
        if (!condition) {
            throw new InvalidSettingException("setting " + key + " must be " + expected + ", not '" + value + "'");
        }
    }
}
