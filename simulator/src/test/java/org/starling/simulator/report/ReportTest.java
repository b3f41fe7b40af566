package org.starling.simulator.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
    private static Document parse(String page) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new java.io.ByteArrayInputStream(page.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void thePageIsWellFormedAndTellsTheNumbers() throws Exception {
        Document page = parse(HtmlReport.of(SampleReports.good()));

        String text = page.getDocumentElement().getTextContent();
        assertThat(text)
                .contains("A continent cut off", "Every invariant held.", "9f3c01d2aa55e7b1")
                .contains("--peers 36 --minutes 30 --seed 7")
                .contains("12,345,678 events", "93.6 %655,000 of 700,000")
                .contains("too few members agreed31", "in a chain that was given up41,000")
                .contains("healed within 10 min 11 s", "averaging1.35 kB2.60 kB3.10 kB", "meeting410 ms1.90 s8.20 s")
                .contains("No calls from oceania to europe");
        assertThat(page.getElementsByTagName("figure").getLength()).isEqualTo(6);
    }

    @Test
    void thePageNeedsNothingFromElsewhere() throws Exception {
        assertThat(HtmlReport.of(SampleReports.bad()))
                .doesNotContain("<script", "<link", "src=", "href=", "url(", "@import");
    }

    @Test
    void aFailedInvariantStandsFirstOnThePage() throws Exception {
        Document page = parse(HtmlReport.of(SampleReports.bad()));

        assertThat(page.getDocumentElement().getTextContent())
                .contains("Invariant failed after 5 min 2 s: one state for an epoch")
                .contains("oceania/2 has state 12ab at epoch 7, america/1 has 34cd.")
                .contains("JoinGroup refused: BUSY <no & \"room\">; try #2");
    }

    @Test
    void theTextIsAlignedAndOfPlainCharacters() throws Exception {
        String text = TextReport.of(SampleReports.good());

        assertThat(text.chars()).allMatch(c -> c < 128);
        assertThat(text).contains("""
                Epochs                                   330  660 an hour
                  whose record never got its signatures    1
                Members' rounds void                      42
                  too few members agreed                  31
                  n members are left                       9
                  it took too long                         2
                """).contains("""
                Forks: 2, all healed
                  began after       lasted  samples given up
                  6 min 12 s   10 min 11 s            41,000
                  18 min 20 s       1.50 s                 0
                """).contains("""
                Every invariant held.
                Event hash  9f3c01d2aa55e7b1
                Repeat with ./starling simulate --scenario continent-cut-off --peers 36 --minutes 30 --seed 7
                """);
    }

    @Test
    void theTextOfAFailureShowsWhatLedToIt() throws Exception {
        assertThat(TextReport.of(SampleReports.bad())).contains("""
                AN INVARIANT FAILED after 5 min 2 s with seed 7: one state for an epoch
                oceania/2 has state 12ab at epoch 7, america/1 has 34cd.

                             oceania/2  america/1  keeper/0\040\040
                0:05:01.000      *          |          |       MEETING: It meets the others for epoch 7.
                0:05:01.020      |--------->|          |       JoinGroup (epoch 7, 512 samples)
                0:05:01.105      |<---------|          |       JoinGroup refused: BUSY <no & "room">; try #2
                0:05:01.200      |<--------------------|       Gossip (3 news, 1 records, 0 orders)
                0:05:01.950      *          |          |       is at epoch: 7 of generation 0
                                 |          |          |\040\040\040\040\040
                0:05:02.000 one state for an epoch failed
                """);
    }

    @Test
    void theFolderHasThePageTheDataAndTheDiagram(@TempDir Path folder) throws Exception {
        Path page = ReportFolder.write(folder.resolve("new"), SampleReports.bad());

        assertThat(page).exists();
        JsonNode data = JsonMapper.shared().readTree(Files.readString(page.resolveSibling("report.json")));
        assertThat(data.at("/result/seed").asLong()).isEqualTo(7);
        assertThat(data.at("/result/simulated").asDouble()).isEqualTo(1800);
        assertThat(data.at("/result/scenario/faults/0/kind").asString()).isEqualTo("Cut");
        assertThat(data.at("/result/violation/trace").size()).isEqualTo(5);
        assertThat(page.resolveSibling("violation.mmd")).content().isEqualTo("""
                sequenceDiagram
                    participant p0 as oceania/2
                    participant p1 as america/1
                    participant p2 as keeper/0
                    Note over p0: 0:05:01.000 MEETING: It meets the others for epoch 7.
                    p0->>p1: 0:05:01.020 JoinGroup (epoch 7, 512 samples)
                    p1->>p0: 0:05:01.105 JoinGroup refused: BUSY <no & "room">#59; try #35;2
                    p2->>p0: 0:05:01.200 Gossip (3 news, 1 records, 0 orders)
                    Note over p0: 0:05:01.950 is at epoch: 7 of generation 0
                    Note over p0,p2: 0:05:02.000 one state for an epoch failed
                """);

        ReportFolder.write(folder.resolve("new"), SampleReports.good());
        assertThat(page.resolveSibling("violation.mmd")).doesNotExist();
    }
}
