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
     * Creates the folder if need be. For those who would hear only after a long run that the report cannot be kept.
     *
     * @throws IOException that says so
     */
    public static void prepare(Path folder) throws IOException {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new IOException("The folder for the report cannot be made: " + e, e);
        }
        if (!Files.isWritable(folder)) {
            throw new IOException(
                    "The report cannot be kept in " + folder + ": it must be a folder that can be written to");
        }
    }

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
