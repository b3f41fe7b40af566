package org.starling.simulator.report;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.LinkedHashMap;
import java.util.Map;
import org.starling.swarm.simulation.Scenario.Fault;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/** A report as data. Times are in seconds. */
final class JsonReport {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .addMixIn(Fault.class, NamedByKind.class)
            .build();

    @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "kind")
    private interface NamedByKind {}

    private JsonReport() {}

    static String of(Report report) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("source", report.source());
        root.put("command", report.command());
        root.put("result", report.result());
        return MAPPER.writeValueAsString(root) + "\n";
    }
}
