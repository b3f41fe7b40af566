package org.starling.simulator.report;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * Values over virtual time, drawn as SVG.
 *
 * @param title what is plotted
 * @param unit of the values, as a word or two
 * @param seconds when each value was taken, ascending
 * @param lines values at these times; the first is the one that matters
 * @param whole whether values are counts, which hold until the next
 * @param format of one value, for those who point at it
 * @param spans of time to be shaded
 */
record TimePlot(
        String title,
        String unit,
        double[] seconds,
        List<Line> lines,
        boolean whole,
        DoubleFunction<String> format,
        List<Span> spans) {
    private static final int WIDTH = 560;
    private static final int HEIGHT = 210;
    private static final int LEFT = 56;
    private static final int RIGHT = 14;
    private static final int TOP = 10;
    private static final int BOTTOM = 26;
    private static final int MAX_POINTERS = 200;

    /** @param values one for each time of the plot */
    record Line(String name, double[] values) {}

    /**
     * @param kind the style class: {@code fault}, {@code fork} or {@code calm}
     * @param what for those who point at it
     */
    record Span(double from, double to, String kind, String what) {}

    String toSvg() {
        double end = seconds.length == 0 ? 1 : seconds[seconds.length - 1];
        Axis time = Axis.ofTime(end, 7);
        double greatest = 0;
        for (Line line : lines) {
            for (double value : line.values()) {
                greatest = Math.max(greatest, value);
            }
        }
        Axis value = Axis.ofValues(greatest, 4, whole, format);
        Markup svg = new Markup();
        svg.open("svg", "plot")
                .attribute("viewBox", "0 0 " + WIDTH + " " + HEIGHT)
                .attribute("role", "img")
                .attribute("aria-label", title + ", " + unit + ", over virtual time");
        spans.forEach(span -> shade(svg, span, time));
        for (double tick : value.ticks()) {
            double y = y(tick, value);
            line(svg, tick == 0 ? "base" : "grid", LEFT, y, WIDTH - RIGHT, y);
            label(
                    svg,
                    LEFT - 8,
                    y + 4,
                    "end",
                    Quantity.withoutZeros(value.label().apply(tick)));
        }
        for (double tick : time.ticks()) {
            double x = x(tick, time);
            line(svg, "base", x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 4);
            label(
                    svg,
                    x,
                    HEIGHT - 8,
                    x > WIDTH - RIGHT - 16 ? "end" : "middle",
                    time.label().apply(tick));
        }
        for (int i = lines.size() - 1; i >= 0; i--) {
            svg.open("path")
                    .attribute("class", "series s" + (i + 1))
                    .attribute("d", path(lines.get(i).values(), time, value))
                    .close();
        }
        point(svg, time);
        return svg.close().toString();
    }

    private String path(double[] values, Axis time, Axis value) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            String x = Markup.number(x(seconds[i], time));
            String y = Markup.number(y(values[i], value));
            if (i == 0) {
                path.append('M').append(x).append(' ').append(y);
            } else if (whole) {
                path.append('H').append(x).append('V').append(y);
            } else {
                path.append('L').append(x).append(' ').append(y);
            }
        }
        return path.toString();
    }

    private static void shade(Markup svg, Span span, Axis time) {
        double from = x(Math.min(span.from(), time.limit()), time);
        double to = x(Math.min(span.to(), time.limit()), time);
        svg.open("rect", "span " + span.kind())
                .attribute("x", from)
                .attribute("y", TOP)
                .attribute("width", Math.max(1.5, to - from))
                .attribute("height", HEIGHT - TOP - BOTTOM)
                .open("title")
                .text(span.what())
                .close()
                .close();
    }

    /** Invisible columns that tell their values when pointed at. */
    private void point(Markup svg, Axis time) {
        int every = Math.max(1, (int) Math.ceil(seconds.length / (double) MAX_POINTERS));
        for (int i = 0; i < seconds.length; i += every) {
            double from = x(seconds[i], time);
            double to = i + every < seconds.length ? x(seconds[i + every], time) : WIDTH - RIGHT;
            StringBuilder told = new StringBuilder(Quantity.seconds(seconds[i]));
            for (Line line : lines) {
                told.append(String.format(Locale.ROOT, "%n%s: %s", line.name(), format.apply(line.values()[i])));
            }
            svg.open("rect", "pointer")
                    .attribute("x", from)
                    .attribute("y", TOP)
                    .attribute("width", Math.max(0.5, to - from))
                    .attribute("height", HEIGHT - TOP - BOTTOM)
                    .open("title")
                    .text(told.toString())
                    .close()
                    .close();
        }
    }

    private static double x(double seconds, Axis time) {
        return LEFT + seconds / time.limit() * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double number, Axis value) {
        return HEIGHT - BOTTOM - number / value.limit() * (HEIGHT - TOP - BOTTOM);
    }

    private static void line(Markup svg, String cssClass, double x1, double y1, double x2, double y2) {
        svg.open("line", cssClass)
                .attribute("x1", x1)
                .attribute("y1", y1)
                .attribute("x2", x2)
                .attribute("y2", y2)
                .close();
    }

    private static void label(Markup svg, double x, double y, String anchor, String text) {
        svg.open("text")
                .attribute("x", x)
                .attribute("y", y)
                .attribute("text-anchor", anchor)
                .text(text)
                .close();
    }
}
