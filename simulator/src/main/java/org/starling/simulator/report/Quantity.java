package org.starling.simulator.report;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;

/** Numbers as people read them. */
public final class Quantity {
    private static final Pattern DECIMAL_ZEROS = Pattern.compile("(\\.\\d*?[1-9])0+(?!\\d)|\\.0+(?!\\d)");
    private static final String[] BYTES = {"B", "kB", "MB", "GB", "TB"};

    private Quantity() {}

    /** {@code 12,345}. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** {@code 1.23 kB}, in thousands. */
    public static String bytes(double bytes) {
        int unit = 0;
        double value = bytes;
        while (Math.abs(value) >= 999.5 && unit < BYTES.length - 1) {
            value /= 1000;
            unit++;
        }
        return threeDigits(value, unit == 0 ? 0 : 2) + " " + BYTES[unit];
    }

    /** {@code 12 ms}, {@code 1.23 s}, {@code 2 min 5 s}, {@code 3 h 4 min}, {@code 2 d 3 h}. */
    public static String seconds(double seconds) {
        if (seconds < 0) {
            return "-" + seconds(-seconds);
        }
        if (seconds == 0) {
            return "0 s";
        }
        if (seconds < 0.9995) {
            return threeDigits(seconds * 1000, 1) + " ms";
        }
        if (seconds < 119.5) {
            return threeDigits(seconds, 2) + " s";
        }
        long whole = Math.round(seconds);
        if (whole < 7200) {
            return pair(whole / 60, "min", whole % 60, "s");
        }
        long minutes = Math.round(seconds / 60);
        return minutes < 2880
                ? pair(minutes / 60, "h", minutes % 60, "min")
                : pair(minutes / 1440, "d", Math.round(minutes % 1440 / 60.0), "h");
    }

    public static String duration(Duration duration) {
        return seconds(duration.toNanos() / 1e9);
    }

    private static String pair(long great, String unit, long small, String smallUnit) {
        return small == 0 ? great + " " + unit : great + " " + unit + " " + small + " " + smallUnit;
    }

    /** A plain number with at most three significant digits. */
    public static String number(double value) {
        return Math.abs(value) >= 999.5 ? count(Math.round(value)) : withoutZeros(threeDigits(value, 2));
    }

    /** Without the zeros at the end of decimals, for round numbers. */
    static String withoutZeros(String number) {
        return DECIMAL_ZEROS.matcher(number).replaceAll(match -> match.group(1) == null ? "" : match.group(1));
    }

    /** {@code 12.3 %}; empty for a part of nothing. */
    public static String share(double part, double whole) {
        return whole == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100 * part / whole);
    }

    /** A moment to the millisecond, {@code 1:02:03.250}, so that the order of events can be seen. */
    static String clock(Duration at) {
        return String.format(
                Locale.ROOT,
                "%d:%02d:%02d.%03d",
                at.toHours(),
                at.toMinutesPart(),
                at.toSecondsPart(),
                at.toMillisPart());
    }

    private static String threeDigits(double value, int decimals) {
        double size = Math.abs(value);
        int shown = size >= 99.95 ? 0 : size >= 9.995 ? Math.min(1, decimals) : decimals;
        return String.format(Locale.ROOT, "%." + shown + "f", value);
    }
}
