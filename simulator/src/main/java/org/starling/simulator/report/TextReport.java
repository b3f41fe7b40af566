package org.starling.simulator.report;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import org.starling.swarm.simulation.SimulationResult;
import org.starling.swarm.simulation.SimulationResult.Distribution;
import org.starling.swarm.simulation.SimulationResult.Fork;
import org.starling.swarm.simulation.SimulationResult.Samples;
import org.starling.swarm.simulation.SimulationResult.Violation;

/** A report for a terminal, of plain characters. */
public final class TextReport {
    private static final int FORKS_SHOWN = 5;

    private final Report report;
    private final SimulationResult result;
    private final StringBuilder text = new StringBuilder();

    private TextReport(Report report) {
        this.report = report;
        this.result = report.result();
    }

    public static String of(Report report) {
        return new TextReport(report).write();
    }

    private String write() {
        line(result.scenario().title() + " (" + report.source() + ", seed " + result.seed() + ")");
        line("%s peers; %s simulated in %s; %s events"
                .formatted(
                        Quantity.count(result.peers()),
                        Quantity.duration(result.simulated()),
                        Quantity.duration(result.wall()),
                        Quantity.count(result.events())));
        line("");
        rounds();
        samples();
        forks();
        distributions();
        result.violation().ifPresentOrElse(this::violation, () -> line(report.verdict()));
        line("Event hash  " + result.eventHash());
        line("Repeat with " + report.command());
        return text.toString();
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    private void rounds() {
        double hours = result.simulated().toNanos() / 3.6e12;
        TextTable table = new TextTable("")
                .row("Epochs", Quantity.count(result.epochs()), Quantity.number(result.epochs() / hours) + " an hour");
        if (result.unsignedEpochs() > 0) {
            table.row("  whose record never got its signatures", Quantity.count(result.unsignedEpochs()));
        }
        table.row("Members' rounds void", Quantity.count(sum(result.roundsVoid())));
        descending(result.roundsVoid()).forEach((reason, count) -> table.row("  " + reason, Quantity.count(count)));
        line(table.toString());
    }

    private void samples() {
        Samples samples = result.samples();
        double all = samples.computed();
        TextTable table = new TextTable("").row("Samples computed", Quantity.count(samples.computed()));
        table.row("  committed", Quantity.count(samples.committed()), Quantity.share(samples.committed(), all));
        table.row("  under way at the end", Quantity.count(samples.pending()), Quantity.share(samples.pending(), all));
        table.row("  lost", Quantity.count(sum(samples.lost())), Quantity.share(sum(samples.lost()), all));
        descending(samples.lost())
                .forEach(
                        (cause, count) -> table.row("    " + cause, Quantity.count(count), Quantity.share(count, all)));
        line(table.toString());
    }

    private void forks() {
        List<Fork> forks = result.forks();
        if (forks.isEmpty()) {
            line("No forks\n");
            return;
        }
        long unhealed = forks.stream().filter(fork -> fork.lasted().isEmpty()).count();
        line("Forks: " + forks.size() + (unhealed == 0 ? ", all healed" : ", " + unhealed + " not healed"));
        TextTable table = new TextTable("  ").row("began after", "lasted", "samples given up");
        forks.stream()
                .limit(FORKS_SHOWN)
                .forEach(fork -> table.row(
                        Quantity.duration(fork.began()),
                        fork.lasted().map(Quantity::duration).orElse("to the end"),
                        Quantity.count(fork.samples())));
        text.append(table);
        line(forks.size() > FORKS_SHOWN ? "  and " + (forks.size() - FORKS_SHOWN) + " more\n" : "");
    }

    private void distributions() {
        TextTable table = new TextTable("");
        heading(table, "After a join, time until");
        distribution(table, "it knows all who are there", result.viewOfJoiners(), Quantity::seconds);
        distribution(table, "all who are there know it", result.joinersSeen(), Quantity::seconds);
        if (!result.traffic().isEmpty()) {
            table.row("");
            heading(table, "Bytes a second of a peer, by purpose");
            result.traffic().forEach((purpose, traffic) -> distribution(table, purpose, traffic, Quantity::bytes));
        }
        if (!result.waits().isEmpty()) {
            table.row("");
            heading(table, "Time of a trainer's round, by phase");
            result.waits().forEach((phase, waits) -> distribution(table, phase, waits, Quantity::seconds));
        }
        line(table.toString());
    }

    private static void heading(TextTable table, String what) {
        table.row(what, "median", "95 %", "greatest");
    }

    private static void distribution(
            TextTable table, String name, Distribution distribution, DoubleFunction<String> format) {
        if (distribution.count() == 0) {
            table.row("  " + name, "-", "-", "-");
        } else {
            table.row(
                    "  " + name,
                    format.apply(distribution.median()),
                    format.apply(distribution.p95()),
                    format.apply(distribution.max()));
        }
    }

    private void violation(Violation violation) {
        line("AN INVARIANT FAILED after %s with seed %d: %s"
                .formatted(Quantity.duration(violation.at()), result.seed(), violation.invariant()));
        line(violation.what());
        line("");
        line(SequenceDiagram.of(violation).toText());
    }

    static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The greatest first, without what did not happen. */
    static Map<String, Long> descending(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue() != 0)
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                .collect(Collectors.toMap(
                        Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, java.util.LinkedHashMap::new));
    }
}
