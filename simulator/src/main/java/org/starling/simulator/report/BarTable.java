package org.starling.simulator.report;

import java.util.Map;
import java.util.function.DoubleFunction;
import org.starling.swarm.simulation.SimulationResult.Distribution;

/** Distributions below each other: the bar reaches to the median, its lighter end to the 95th percentile. */
final class BarTable {
    private static final int WIDTH = 240;

    private BarTable() {}

    /** @param what the heading of the first column */
    static String draw(String what, Map<String, Distribution> rows, DoubleFunction<String> format) {
        double longest =
                rows.values().stream().mapToDouble(Distribution::p95).max().orElse(0);
        Markup table = new Markup();
        table.open("table", "bars").open("thead").open("tr");
        table.element("th", what).element("th", "");
        for (String heading : new String[] {"median", "95 %", "greatest"}) {
            table.element("th", "number", heading);
        }
        table.close().close().open("tbody");
        rows.forEach((name, distribution) -> {
            table.open("tr").element("td", name).open("td", "bar");
            table.open("svg")
                    .attribute("viewBox", "0 0 " + WIDTH + " 14")
                    .attribute("width", WIDTH)
                    .attribute("height", 14);
            bar(table, "tail", distribution.p95(), longest);
            bar(table, "median", distribution.median(), longest);
            table.close().close();
            for (double value : new double[] {distribution.median(), distribution.p95(), distribution.max()}) {
                table.element("td", "number", distribution.count() == 0 ? "-" : format.apply(value));
            }
            table.close();
        });
        return table.close().close().toString();
    }

    private static void bar(Markup table, String cssClass, double value, double longest) {
        if (value > 0) {
            table.open("rect", cssClass)
                    .attribute("y", 1)
                    .attribute("height", 12)
                    .attribute("rx", 2)
                    .attribute("width", Math.max(1, value / longest * WIDTH))
                    .close();
        }
    }
}
