package org.starling.simulator.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * One axis of a plot: from zero to a limit, with round ticks.
 *
 * @param limit of the values
 * @param step between two ticks
 * @param label how a tick is written
 */
record Axis(double limit, double step, DoubleFunction<String> label) {
    private static final double[] TIME_STEPS = {
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800
    };

    /** For seconds since the start: the axis ends where the run ended. */
    static Axis ofTime(double end, int ticks) {
        double step = TIME_STEPS[TIME_STEPS.length - 1];
        for (int i = TIME_STEPS.length - 1; i >= 0 && end / TIME_STEPS[i] <= ticks; i--) {
            step = TIME_STEPS[i];
        }
        double chosen = step;
        return new Axis(Math.max(end, 1e-9), step, seconds -> time(seconds, chosen));
    }

    private static String time(double seconds, double step) {
        if (seconds == 0) {
            return "0";
        }
        if (step >= 86_400) {
            return number(seconds / 86_400) + " d";
        }
        if (step >= 3600) {
            return number(seconds / 3600) + " h";
        }
        if (step >= 60) {
            return seconds >= 7200
                    ? "%d:%02d h".formatted((long) seconds / 3600, (long) seconds / 60 % 60)
                    : number(seconds / 60) + " min";
        }
        return seconds > 120
                ? "%d:%02d min".formatted((long) seconds / 60, (long) seconds % 60)
                : number(seconds) + " s";
    }

    /** For values from zero up; the axis ends at a tick at or above the greatest. */
    static Axis ofValues(double greatest, int ticks, boolean whole, DoubleFunction<String> label) {
        double rough = Math.max(greatest, whole ? ticks : 1e-9) / ticks;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double step = 10 * power;
        for (double factor : new double[] {5, 2.5, 2, 1}) {
            boolean fits = factor * power >= rough * (1 - 1e-9);
            if (fits && (!whole || factor * power == Math.rint(factor * power))) {
                step = factor * power;
            }
        }
        return new Axis(Math.max(1, Math.ceil(greatest / step - 1e-9)) * step, step, label);
    }

    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        for (int i = 0; i * step <= limit * (1 + 1e-9); i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    private static String number(double value) {
        return Markup.number(value);
    }
}
