package org.starling.auth.page;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starling.auth.Problem;

/** What people type into the fields of forms. A problem 400 names the field that cannot be read. */
final class Fields {

    private Fields() {}

    /** Seconds with at most three decimals. */
    static Duration seconds(String field, String typed) {
        try {
            return Duration.ofMillis(
                    new BigDecimal(typed.strip()).movePointRight(3).longValueExact());
        } catch (NumberFormatException e) {
            throw Problem.invalid(field, field + " must be a number of seconds such as 2.5, not '" + typed + "'");
        } catch (ArithmeticException e) {
            throw Problem.invalid(field, field + " must be seconds with at most three decimals, not " + typed);
        }
    }

    static String seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString();
    }

    /** Null for nothing. */
    static @Nullable Duration optionalSeconds(String field, @Nullable String typed) {
        return typed == null || typed.isBlank() ? null : seconds(field, typed);
    }

    /** 0 for nothing. */
    static long wholeNumber(String field, @Nullable String typed) {
        if (typed == null || typed.isBlank()) {
            return 0;
        }
        try {
            return Long.parseLong(typed.strip());
        } catch (NumberFormatException e) {
            throw Problem.invalid(field, field + " must be a whole number, not '" + typed + "'");
        }
    }

    /** 0 for nothing. */
    static int smallNumber(String field, @Nullable String typed) {
        long number = wholeNumber(field, typed);
        if (number != (int) number) {
            throw Problem.invalid(field, field + " cannot be as large as " + number);
        }
        return (int) number;
    }

    /** 0 for nothing. */
    static double number(String field, @Nullable String typed) {
        if (typed == null || typed.isBlank()) {
            return 0;
        }
        try {
            return new BigDecimal(typed.strip()).doubleValue();
        } catch (NumberFormatException e) {
            throw Problem.invalid(field, field + " must be a number, not '" + typed + "'");
        }
    }

    /** One entry a line. */
    static List<String> lines(@Nullable String typed) {
        return typed == null
                ? List.of()
                : typed.lines()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .toList();
    }

    /** {@code setting = value} on each line. */
    static Map<String, String> settings(String field, @Nullable String typed) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String line : lines(typed)) {
            int equals = line.indexOf('=');
            if (equals < 1) {
                throw Problem.invalid(field, field + " must say setting = value on each line, not '" + line + "'");
            }
            String setting = line.substring(0, equals).strip();
            if (settings.put(setting, line.substring(equals + 1).strip()) != null) {
                throw Problem.invalid(field, field + " says twice what " + setting + " is");
            }
        }
        return settings;
    }
}
