package org.starling.simulator.real;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoubleFunction;
import org.starling.simulator.report.Quantity;
import org.starling.simulator.report.TextTable;
import org.starling.swarm.simulation.SimulationResult;
import org.starling.swarm.simulation.SimulationResult.Distribution;

/** A real run and a simulated one of the same scenario and length, side by side. */
public record Comparison(RealResult real, SimulationResult simulated) {
    private static final double TOLERANCE = 0.2;

    private double realTraffic() {
        return real.traffic().values().stream().mapToDouble(d -> d).sum();
    }

    private double simulatedTraffic() {
        return simulated.traffic().values().stream()
                .mapToDouble(Distribution::mean)
                .sum();
    }

    private double realPace() {
        return real.epochs() * 60e9 / real.length().toNanos();
    }

    private double simulatedPace() {
        return simulated.epochs() * 60e9 / simulated.simulated().toNanos();
    }

    /** Whether epochs a minute and bytes, counted alike and as on the sockets, agree within 20 %. */
    public boolean agrees() {
        return isNear(realPace(), simulatedPace())
                && isNear(realTraffic(), simulatedTraffic())
                && isNear(real.socketTraffic(), simulatedTraffic());
    }

    private static boolean isNear(double real, double simulated) {
        return Math.abs(simulated - real) <= TOLERANCE * real;
    }

    @Override
    public String toString() {
        TextTable table = new TextTable("").row("", "real", "simulated", "simulated / real");
        row(table, "Epochs a minute", realPace(), simulatedPace(), Quantity::number);
        table.row(
                "Members' rounds void",
                Quantity.count(real.roundsVoid()),
                Quantity.count(simulated.roundsVoid().values().stream()
                        .mapToLong(Long::longValue)
                        .sum()));
        table.row("Bytes a second of a peer");
        Map<String, Double> traffic = real.traffic();
        Set<String> purposes = new TreeSet<>(traffic.keySet());
        purposes.addAll(simulated.traffic().keySet());
        for (String purpose : purposes) {
            Distribution found = simulated.traffic().get(purpose);
            row(
                    table,
                    "  " + purpose,
                    traffic.getOrDefault(purpose, 0.0),
                    found == null ? 0 : found.mean(),
                    Quantity::bytes);
        }
        row(table, "  in all", realTraffic(), simulatedTraffic(), Quantity::bytes);
        row(table, "  on the sockets", real.socketTraffic(), simulatedTraffic(), Quantity::bytes);
        return table
                + (agrees() ? "Epochs and bytes agree within 20 %.\n" : "Epochs and bytes do not agree within 20 %.\n");
    }

    private static void row(
            TextTable table, String what, double real, double simulated, DoubleFunction<String> format) {
        String ratio = real == 0 ? "" : String.format(Locale.ROOT, "%.2f", simulated / real);
        table.row(what, format.apply(real), format.apply(simulated), ratio);
    }
}
