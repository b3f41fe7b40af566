package org.starling.simulator.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.starling.swarm.simulation.SimulationResult.TraceEvent;
import org.starling.swarm.simulation.SimulationResult.Violation;

/** The last events before an invariant failed: a lifeline for each peer, time downwards. */
public final class SequenceDiagram {
    private static final int COLUMN_PIXELS = 142;
    private static final int TIME_PIXELS = 100;
    private static final int ROW_PIXELS = 26;
    private static final int HEAD_PIXELS = 40;
    private static final int CHARACTER_PIXELS = 7;

    /** Characters that mean something in Mermaid. */
    private static final Pattern SPECIAL = Pattern.compile("[#;]");

    private static final int MAX_LIFELINES = 7;
    private static final int MAX_RUN = 3;
    private static final String OTHERS = "others";

    private final List<String> peers;
    private final List<TraceEvent> events;
    private final String failure;
    private final Duration failedAt;

    private SequenceDiagram(List<String> peers, List<TraceEvent> events, String failure, Duration failedAt) {
        this.peers = peers;
        this.events = events;
        this.failure = failure;
        this.failedAt = failedAt;
    }

    /**
     * The peers concerned have lifelines, and those that had most to do with them as long as there is room; the rest share
     * one. Many calls of one kind in a row are drawn as one.
     */
    public static SequenceDiagram of(Violation violation) {
        Map<String, Integer> activity = new LinkedHashMap<>();
        violation.peers().forEach(peer -> activity.put(peer, Integer.MAX_VALUE / 2));
        for (TraceEvent event : violation.trace()) {
            activity.merge(event.from(), 1, Integer::sum);
            activity.merge(event.to(), 1, Integer::sum);
        }
        List<String> shown = new ArrayList<>(activity.keySet());
        if (shown.size() > MAX_LIFELINES) {
            Set<String> busiest = activity.entrySet().stream()
                    .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                    .limit(MAX_LIFELINES - 1)
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
            shown.retainAll(busiest);
            shown.add(OTHERS);
        }
        List<TraceEvent> events = violation.trace().stream()
                .map(event -> onLifelines(event, shown))
                .filter(event -> !event.from().equals(OTHERS) || !event.to().equals(OTHERS))
                .toList();
        return new SequenceDiagram(
                List.copyOf(shown), joinRuns(events), violation.invariant() + " failed", violation.at());
    }

    private static TraceEvent onLifelines(TraceEvent event, List<String> shown) {
        if (shown.contains(event.from()) && shown.contains(event.to())) {
            return event;
        }
        String from = shown.contains(event.from()) ? event.from() : OTHERS;
        String to = shown.contains(event.to()) ? event.to() : OTHERS;
        String named = from.equals(OTHERS) ? "from " + event.from() : "to " + event.to();
        return new TraceEvent(event.at(), from, to, event.what() + " " + named);
    }

    private static List<TraceEvent> joinRuns(List<TraceEvent> events) {
        List<TraceEvent> joined = new ArrayList<>();
        int begin = 0;
        while (begin < events.size()) {
            TraceEvent first = events.get(begin);
            int end = begin + 1;
            while (end < events.size() && !isLocal(first) && isAlike(first, events.get(end))) {
                end++;
            }
            if (end - begin > MAX_RUN) {
                String what = (end - begin) + " calls of " + method(first) + " among them";
                joined.add(new TraceEvent(first.at(), first.from(), first.from(), what));
            } else {
                joined.addAll(events.subList(begin, end));
            }
            begin = end;
        }
        return joined;
    }

    private static boolean isAlike(TraceEvent first, TraceEvent next) {
        return !isLocal(next)
                && method(first).equals(method(next))
                && !next.what().contains("refused");
    }

    private static String method(TraceEvent event) {
        return event.what().split("[ :(]", 2)[0];
    }

    private static boolean isLocal(TraceEvent event) {
        return event.from().equals(event.to());
    }

    /** Plain characters only, so that it can be read on any terminal. What happened stands at the end of its line. */
    public String toText() {
        int width = peers.stream().mapToInt(String::length).max().orElse(0) + 2;
        String margin = " ".repeat(Quantity.clock(failedAt).length() + 1);
        StringBuilder text = new StringBuilder(margin);
        for (String peer : peers) {
            text.append(centred(peer, width));
        }
        text.append('\n');
        for (TraceEvent event : events) {
            StringBuilder line = new StringBuilder(margin).append(lifelines(width));
            int from = column(event.from(), width, margin.length());
            int to = column(event.to(), width, margin.length());
            if (isLocal(event)) {
                line.setCharAt(from, '*');
            } else {
                for (int i = Math.min(from, to) + 1; i < Math.max(from, to); i++) {
                    line.setCharAt(i, '-');
                }
                line.setCharAt(to < from ? to + 1 : to - 1, to < from ? '<' : '>');
            }
            String clock = Quantity.clock(event.at());
            line.replace(margin.length() - 1 - clock.length(), margin.length() - 1, clock);
            text.append(line).append("  ").append(event.what()).append('\n');
        }
        text.append(margin).append(lifelines(width)).append('\n');
        return text.append(Quantity.clock(failedAt))
                .append(' ')
                .append(failure)
                .append('\n')
                .toString();
    }

    private static String centred(String text, int width) {
        int left = (width - text.length()) / 2;
        return " ".repeat(left) + text + " ".repeat(width - text.length() - left);
    }

    private String lifelines(int width) {
        return centred("|", width).repeat(peers.size());
    }

    private int column(String peer, int width, int margin) {
        return margin + peers.indexOf(peer) * width + (width - 1) / 2;
    }

    /** In the language of Mermaid. */
    public String toMermaid() {
        StringBuilder text = new StringBuilder("sequenceDiagram\n");
        for (int i = 0; i < peers.size(); i++) {
            text.append("    participant p%d as %s%n".formatted(i, mermaid(peers.get(i))));
        }
        for (TraceEvent event : events) {
            String what = Quantity.clock(event.at()) + " " + mermaid(event.what());
            int from = peers.indexOf(event.from());
            text.append(
                    isLocal(event)
                            ? "    Note over p%d: %s\n".formatted(from, what)
                            : "    p%d->>p%d: %s\n".formatted(from, peers.indexOf(event.to()), what));
        }
        if (!peers.isEmpty()) {
            text.append("    Note over p0%s: %s %s\n"
                    .formatted(
                            peers.size() > 1 ? ",p" + (peers.size() - 1) : "",
                            Quantity.clock(failedAt),
                            mermaid(failure)));
        }
        return text.toString();
    }

    private static String mermaid(String text) {
        return SPECIAL.matcher(text.replaceAll("\\s+", " "))
                .replaceAll(c -> "#" + (int) c.group().charAt(0) + ";");
    }

    /** A drawing whose colours are those of the page that it stands in. */
    public String toSvg() {
        int longest = events.stream().mapToInt(event -> labelEnd(event)).max().orElse(0);
        int width = Math.max(TIME_PIXELS + peers.size() * COLUMN_PIXELS, longest) + 10;
        int end = HEAD_PIXELS + 14 + events.size() * ROW_PIXELS;
        int height = end + 34;
        Markup svg = new Markup();
        svg.open("svg")
                .attribute("class", "sequence")
                .attribute("viewBox", "0 0 " + width + " " + height)
                .attribute("width", width)
                .attribute("height", height)
                .attribute("role", "img")
                .attribute("aria-label", "The last events before " + failure);
        for (String peer : peers) {
            int x = x(peer);
            svg.open("line")
                    .attribute("class", "lifeline")
                    .attribute("x1", x)
                    .attribute("x2", x)
                    .attribute("y1", HEAD_PIXELS)
                    .attribute("y2", end)
                    .close();
            svg.open("rect")
                    .attribute("class", "head")
                    .attribute("x", x - COLUMN_PIXELS / 2 + 5)
                    .attribute("y", 8)
                    .attribute("width", COLUMN_PIXELS - 10)
                    .attribute("height", HEAD_PIXELS - 12)
                    .attribute("rx", 4)
                    .close();
            svg.open("text")
                    .attribute("class", "name")
                    .attribute("x", x)
                    .attribute("y", 26)
                    .attribute("text-anchor", "middle")
                    .text(peer)
                    .close();
        }
        int y = HEAD_PIXELS + 26;
        for (TraceEvent event : events) {
            draw(svg, event, y);
            y += ROW_PIXELS;
        }
        svg.open("line")
                .attribute("class", "failure")
                .attribute("x1", 4)
                .attribute("x2", TIME_PIXELS + peers.size() * COLUMN_PIXELS)
                .attribute("y1", end)
                .attribute("y2", end)
                .close();
        svg.open("text")
                .attribute("class", "failure")
                .attribute("x", 4)
                .attribute("y", end + 20)
                .text(Quantity.clock(failedAt) + "  " + failure)
                .close();
        return svg.close().toString();
    }

    private void draw(Markup svg, TraceEvent event, int y) {
        svg.open("text")
                .attribute("class", "time")
                .attribute("x", TIME_PIXELS - 22)
                .attribute("y", y + 4)
                .attribute("text-anchor", "end")
                .text(Quantity.clock(event.at()))
                .close();
        int from = x(event.from());
        int to = x(event.to());
        if (isLocal(event)) {
            svg.open("circle")
                    .attribute("class", "moment")
                    .attribute("cx", from)
                    .attribute("cy", y)
                    .attribute("r", 4)
                    .close();
        } else {
            int direction = to > from ? 1 : -1;
            svg.open("line")
                    .attribute("class", "call")
                    .attribute("x1", from)
                    .attribute("x2", to - 6 * direction)
                    .attribute("y1", y)
                    .attribute("y2", y)
                    .close();
            svg.open("path")
                    .attribute("class", "tip")
                    .attribute("d", "M%d %dl%d -4v8z".formatted(to, y, -8 * direction))
                    .close();
        }
        svg.open("text")
                .attribute("class", "what")
                .attribute("x", labelStart(event))
                .attribute("y", isLocal(event) ? y + 4 : y - 5)
                .text(event.what())
                .close();
    }

    private int x(String peer) {
        return TIME_PIXELS + peers.indexOf(peer) * COLUMN_PIXELS + COLUMN_PIXELS / 2;
    }

    private int labelStart(TraceEvent event) {
        return Math.min(x(event.from()), x(event.to())) + 10;
    }

    private int labelEnd(TraceEvent event) {
        return labelStart(event) + event.what().length() * CHARACTER_PIXELS;
    }

    /** The peers with a lifeline, in order. */
    List<String> peers() {
        return new ArrayList<>(peers);
    }
}
