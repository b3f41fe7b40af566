package org.starling.simulator.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.starling.swarm.simulation.SimulationResult.Violation;

/** Where a report is kept: {@code index.html}, {@code report.json}, and {@code violation.mmd} if an invariant failed. */
public final class ReportFolder {
    private static final String PAGE = "index.html";
    private static final String DATA = "report.json";
    private static final String DIAGRAM = "violation.mmd";

    private ReportFolder() {}

    /**
     * Replaces an earlier report in the folder, and creates the folder if need be.
     *
     * @return the page
     */
    public static Path write(Path folder, Report report) throws IOException {
        Files.createDirectories(folder);
        Path page = Files.writeString(folder.resolve(PAGE), HtmlReport.of(report));
        Files.writeString(folder.resolve(DATA), JsonReport.of(report));
        Path diagram = folder.resolve(DIAGRAM);
        Files.deleteIfExists(diagram);
        if (report.result().violation().isPresent()) {
            Violation violation = report.result().violation().get();
            Files.writeString(diagram, SequenceDiagram.of(violation).toMermaid());
        }
        return page;
    }
}
