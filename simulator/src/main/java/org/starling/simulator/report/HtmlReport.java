package org.starling.simulator.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import org.starling.simulator.report.TimePlot.Line;
import org.starling.simulator.report.TimePlot.Span;
import org.starling.swarm.simulation.Scenario.Fault;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.SimulationResult;
import org.starling.swarm.simulation.SimulationResult.Distribution;
import org.starling.swarm.simulation.SimulationResult.Fork;
import org.starling.swarm.simulation.SimulationResult.Moment;
import org.starling.swarm.simulation.SimulationResult.Samples;
import org.starling.swarm.simulation.SimulationResult.Violation;

/** A report as one page that needs nothing else: style and drawings are in it, and it runs no script. */
final class HtmlReport {

    private final Report report;
    private final SimulationResult result;
    private final Markup page = new Markup();

    private HtmlReport(Report report) {
        this.report = report;
        this.result = report.result();
    }

    static String of(Report report) {
        return "<!DOCTYPE html>\n" + new HtmlReport(report).write() + "\n";
    }

    private String write() {
        page.open("html").attribute("lang", "en").open("head");
        page.open("meta").attribute("charset", "utf-8").close();
        page.open("meta")
                .attribute("name", "viewport")
                .attribute("content", "width=device-width, initial-scale=1")
                .close();
        page.open("meta")
                .attribute("name", "color-scheme")
                .attribute("content", "light dark")
                .close();
        page.element("title", result.scenario().title() + ", seed " + result.seed());
        page.open("style").raw(style()).close().close();
        page.open("body").open("main");
        header();
        result.violation().ifPresent(this::violation);
        tiles();
        plots();
        distributions();
        losses();
        forks();
        scenario();
        return page.close().close().close().toString();
    }

    private static String style() {
        try (InputStream css = HtmlReport.class.getResourceAsStream("/report.css")) {
            if (css == null) {
                throw new IllegalStateException("The style of the report is missing");
            }
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void header() {
        page.open("header");
        page.element("h1", result.scenario().title());
        page.open("p", "facts")
                .text("%s peers for %s of virtual time, simulated in %s: %s events. Scenario %s, seed %d."
                        .formatted(
                                Quantity.count(result.peers()),
                                Quantity.duration(result.simulated()),
                                Quantity.duration(result.wall()),
                                Quantity.count(result.events()),
                                report.source(),
                                result.seed()))
                .close();
        result.violation()
                .ifPresentOrElse(
                        failed -> page.element(
                                "p",
                                "verdict bad",
                                "Invariant failed after " + Quantity.duration(failed.at()) + ": " + failed.invariant()),
                        () -> page.element("p", "verdict good", report.verdict()));
        page.open("p", "command")
                .text("The same run again: ")
                .element("code", report.command())
                .close();
        page.open("p", "command")
                .text("Hash of all events: ")
                .element("code", result.eventHash())
                .close();
        page.close();
    }

    private void violation(Violation violation) {
        page.open("section");
        page.element("h2", "What failed");
        page.element("pre", violation.what());
        if (!violation.trace().isEmpty()) {
            page.open("div", "scroll")
                    .raw(SequenceDiagram.of(violation).toSvg())
                    .close();
        }
        page.close();
    }

    private void tiles() {
        Samples samples = result.samples();
        double hours = result.simulated().toNanos() / 3.6e12;
        page.open("section", "tiles");
        tile(
                "Epochs",
                Quantity.count(result.epochs()),
                Quantity.number(result.epochs() / hours) + " an hour"
                        + (result.unsignedEpochs() == 0
                                ? ""
                                : "; " + Quantity.count(result.unsignedEpochs()) + " without their signatures"));
        tile(
                "Rounds void",
                Quantity.count(TextReport.sum(result.roundsVoid())),
                "of single members; each epoch is a round committed");
        tile(
                "Samples committed",
                samples.computed() == 0 ? "-" : Quantity.share(samples.committed(), samples.computed()),
                Quantity.count(samples.committed()) + " of " + Quantity.count(samples.computed()));
        tile("Forks", Quantity.count(result.forks().size()), longestFork());
        tile(
                "Full view after a join",
                median(result.viewOfJoiners()),
                "median; 95 %: " + p95(result.viewOfJoiners()) + ", greatest: " + max(result.viewOfJoiners()));
        tile(
                "Traffic of a peer",
                Quantity.bytes(result.traffic().values().stream()
                                .mapToDouble(Distribution::mean)
                                .sum())
                        + "/s",
                "mean, sent and received");
        page.close();
    }

    private String longestFork() {
        if (result.forks().isEmpty()) {
            return "none in the whole run";
        }
        return result.forks().stream().anyMatch(fork -> fork.lasted().isEmpty())
                ? "one was not healed"
                : "healed within "
                        + Quantity.duration(result.forks().stream()
                                .flatMap(fork -> fork.lasted().stream())
                                .max(Duration::compareTo)
                                .orElseThrow());
    }

    private static String median(Distribution distribution) {
        return distribution.count() == 0 ? "-" : Quantity.seconds(distribution.median());
    }

    private static String p95(Distribution distribution) {
        return distribution.count() == 0 ? "-" : Quantity.seconds(distribution.p95());
    }

    private static String max(Distribution distribution) {
        return distribution.count() == 0 ? "-" : Quantity.seconds(distribution.max());
    }

    private void tile(String what, String value, String note) {
        page.open("div", "tile");
        page.element("p", "what", what).element("p", "value", value).element("p", "note", note);
        page.close();
    }

    // ---- over time ----

    private void plots() {
        if (result.timeline().isEmpty()) {
            return;
        }
        page.open("section");
        page.element("h2", "Over virtual time");
        boolean faulty =
                !result.scenario().faults().isEmpty() || !result.forks().isEmpty();
        boolean calm = !result.scenario().calm().isZero();
        if (faulty || calm) {
            page.open("p", "legend");
            if (faulty) {
                page.open("span", "key fault").close().text("a fault of the scenario");
                page.open("span", "key fork").close().text("a fork");
            }
            if (calm) {
                page.open("span", "key calm").close().text("nothing goes wrong any more");
            }
            page.close();
        }
        page.open("div", "plots");
        List<Span> faults = faults();
        plot(
                "Peers",
                "up, and on the heaviest chain",
                true,
                Quantity::number,
                faults,
                series("up", Moment::up),
                series("training on the heaviest chain", Moment::training));
        plot("Epoch", "of the heaviest chain", true, Quantity::number, faults, series("epoch", Moment::epoch));
        plot(
                "Different states",
                "that honest peers are in",
                true,
                Quantity::number,
                forkSpans(),
                series("states", Moment::states));
        plot(
                "Samples",
                "in thousands, in all: between the lines are those that wait or are lost",
                false,
                Quantity::number,
                faults,
                series("committed", moment -> moment.committed() / 1e3),
                series("computed", moment -> moment.computed() / 1e3));
        plot(
                "Traffic",
                "bytes a second that a peer sends",
                false,
                Quantity::bytes,
                faults,
                series("bytes a second", Moment::bytesPerSecond));
        plot(
                "View",
                "peers that a peer knows, and that are up",
                true,
                Quantity::number,
                faults,
                series("known to the average peer", Moment::knownPeers),
                series("up, without itself", moment -> Math.max(0, moment.up() - 1)));
        page.close().close();
    }

    private Line series(String name, ToDoubleFunction<Moment> value) {
        return new Line(name, result.timeline().stream().mapToDouble(value).toArray());
    }

    private void plot(
            String title, String unit, boolean whole, DoubleFunction<String> format, List<Span> spans, Line... lines) {
        double[] seconds = result.timeline().stream()
                .mapToDouble(moment -> seconds(moment.at()))
                .toArray();
        page.open("figure").open("figcaption");
        page.element("b", title).text(" " + unit);
        if (lines.length > 1) {
            page.open("span", "names");
            for (int i = 0; i < lines.length; i++) {
                page.open("span", "name")
                        .open("span", "key s" + (i + 1))
                        .close()
                        .text(lines[i].name())
                        .close();
            }
            page.close();
        }
        page.close();
        page.raw(new TimePlot(title, unit, seconds, List.of(lines), whole, format, spans).toSvg());
        page.close();
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private List<Span> faults() {
        List<Span> spans = new ArrayList<>();
        for (Fault fault : result.scenario().faults()) {
            double from = seconds(fault.at());
            if (from < seconds(result.simulated())) {
                spans.add(new Span(
                        from,
                        from + seconds(fault.length()),
                        "fault",
                        Quantity.seconds(from) + ": " + ScenarioFacts.describe(fault)));
            }
        }
        calm(spans);
        return spans;
    }

    private List<Span> forkSpans() {
        List<Span> spans = new ArrayList<>();
        for (Fork fork : result.forks()) {
            double from = seconds(fork.began());
            spans.add(new Span(
                    from,
                    fork.lasted().map(lasted -> from + seconds(lasted)).orElse(seconds(result.simulated())),
                    "fork",
                    "Fork after " + Quantity.seconds(from) + ", "
                            + fork.lasted()
                                    .map(lasted -> "healed in " + Quantity.duration(lasted))
                                    .orElse("not healed")));
        }
        calm(spans);
        return spans;
    }

    private void calm(List<Span> spans) {
        double calm = seconds(result.scenario().calm());
        if (calm > 0 && calm < seconds(result.simulated())) {
            spans.add(new Span(
                    calm,
                    seconds(result.simulated()),
                    "calm",
                    "From " + Quantity.seconds(calm) + " on nothing goes wrong"));
        }
    }

    // ---- tables ----

    private void distributions() {
        page.open("section", "columns");
        page.open("div").element("h2", "Bytes a second of a peer");
        page.element("p", "note", "Sent and received, by what they are for.");
        page.open("div", "scroll")
                .raw(BarTable.draw("purpose", result.traffic(), Quantity::bytes))
                .close()
                .close();
        page.open("div").element("h2", "Where trainers wait");
        page.element("p", "note", "Time spent in each phase that is not computing, once for each time.");
        page.open("div", "scroll")
                .raw(BarTable.draw("phase", result.waits(), Quantity::seconds))
                .close()
                .close();
        page.close();
    }

    private void losses() {
        page.open("section", "columns");
        page.open("div").element("h2", "Why rounds were void");
        counts("reason", "members' rounds", result.roundsVoid(), "No round was void.");
        page.close();
        page.open("div").element("h2", "Why samples were lost");
        counts("cause", "samples", result.samples().lost(), "No sample was lost.");
        page.close().close();
    }

    private void counts(String what, String number, Map<String, Long> counts, String none) {
        long all = TextReport.sum(counts);
        if (all == 0) {
            page.element("p", none);
            return;
        }
        page.open("table").open("thead").open("tr");
        page.element("th", what).element("th", "number", number).element("th", "number", "share");
        page.close().close().open("tbody");
        TextReport.descending(counts).forEach((name, count) -> {
            page.open("tr").element("td", name);
            page.element("td", "number", Quantity.count(count)).element("td", "number", Quantity.share(count, all));
            page.close();
        });
        page.close().close();
    }

    private void forks() {
        if (result.forks().isEmpty()) {
            return;
        }
        page.open("section").element("h2", "Forks");
        page.open("table").open("thead").open("tr");
        page.element("th", "number", "began after")
                .element("th", "number", "lasted")
                .element("th", "number", "samples given up");
        page.close().close().open("tbody");
        for (Fork fork : result.forks()) {
            page.open("tr").element("td", "number", Quantity.duration(fork.began()));
            page.element("td", "number", fork.lasted().map(Quantity::duration).orElse("to the end"));
            page.element("td", "number", Quantity.count(fork.samples()));
            page.close();
        }
        page.close().close().close();
    }

    private void scenario() {
        page.open("section").element("h2", "The scenario");
        page.element("p", ScenarioFacts.sentence(result.scenario()));
        page.open("div", "scroll").open("table").open("thead").open("tr");
        for (String heading : new String[] {"group", "peers", "role", "region", "samples", "links", "comes and goes"}) {
            page.element("th", heading);
        }
        page.close().close().open("tbody");
        for (PeerGroup group : result.scenario().groups()) {
            page.open("tr").element("td", group.name());
            page.element("td", ScenarioFacts.share(group, result.scenario(), result.peers()));
            page.element("td", ScenarioFacts.role(group)).element("td", group.region());
            page.element("td", ScenarioFacts.speed(group)).element("td", ScenarioFacts.links(group));
            page.element("td", ScenarioFacts.comings(group));
            page.close();
        }
        page.close().close().close();
        if (!result.scenario().faults().isEmpty()) {
            page.open("div", "scroll").open("table").open("thead").open("tr");
            page.element("th", "number", "after").element("th", "number", "for").element("th", "fault");
            page.close().close().open("tbody");
            for (Fault fault : result.scenario().faults()) {
                page.open("tr").element("td", "number", Quantity.duration(fault.at()));
                page.element("td", "number", fault.length().isZero() ? "" : Quantity.duration(fault.length()));
                page.element("td", ScenarioFacts.describe(fault)).close();
            }
            page.close().close().close();
        }
        page.close();
    }
}
