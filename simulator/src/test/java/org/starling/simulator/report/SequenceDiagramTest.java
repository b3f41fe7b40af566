package org.starling.simulator.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starling.swarm.simulation.SimulationResult.TraceEvent;
import org.starling.swarm.simulation.SimulationResult.Violation;

class SequenceDiagramTest {
    private static TraceEvent event(int second, String from, String to, String what) {
        return new TraceEvent(Duration.ofSeconds(second), from, to, what);
    }

    private static SequenceDiagram diagram(List<String> peers, List<TraceEvent> trace) {
        return SequenceDiagram.of(new Violation("order", "It broke.", Duration.ofSeconds(99), peers, trace));
    }

    @Test
    void manyCallsOfOneKindInARowAreOneLine() {
        List<TraceEvent> trace = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            trace.add(event(i, i % 2 == 0 ? "a" : "b", i % 2 == 0 ? "b" : "a", "Gossip (" + i + " news)"));
        }
        trace.add(event(10, "a", "b", "Gossip refused: no"));
        trace.add(event(11, "a", "b", "Vote"));

        assertThat(diagram(List.of("a", "b"), trace).toText().lines().map(String::strip))
                .containsExactly(
                        "a  b",
                        "0:00:00.000  *  |   9 calls of Gossip among them",
                        "0:00:10.000  |->|   Gossip refused: no",
                        "0:00:11.000  |->|   Vote",
                        "|  |",
                        "0:01:39.000 order failed");
    }

    @Test
    void peersForWhomThereIsNoRoomShareALifeline() {
        List<TraceEvent> trace = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            trace.add(event(i, "p" + i, "a", (i % 2 == 0 ? "Vote " : "Hello ") + i));
            trace.add(event(i, "p" + i, "p" + i, "starts"));
        }

        SequenceDiagram diagram = diagram(List.of("a"), trace);

        assertThat(diagram.peers()).hasSize(7).startsWith("a").endsWith("others");
        assertThat(diagram.toText()).contains("Hello 29 from p29").doesNotContain("starts from p29");
    }

    @Test
    void aFailureThatConcernsNobodyIsToldAllTheSame() {
        SequenceDiagram diagram = diagram(List.of(), List.of());

        assertThat(diagram.toText()).contains("0:01:39.000 order failed");
        assertThat(diagram.toMermaid()).isEqualTo("sequenceDiagram\n");
        assertThat(diagram.toSvg()).contains("order failed");
    }
}
