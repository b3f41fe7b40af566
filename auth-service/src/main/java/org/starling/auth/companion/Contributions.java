package org.starling.auth.companion;

import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.starling.auth.run.Run;
import tools.jackson.databind.JsonNode;

/** What accounts have contributed. Only the swarm's epoch records tell; the run's metrics service adds them up. */
@Component
public class Contributions {

    private final CompanionClient companions;

    Contributions(CompanionClient companions) {
        this.companions = companions;
    }

    /**
     * An account's part.
     *
     * @param samples credited in epoch records
     * @param epochs it took part in
     */
    public record Contribution(long samples, long epochs) {}

    /** What each account has contributed, by hub id; empty if nobody can tell. */
    public Map<String, Contribution> of(Run run) {
        Map<String, Contribution> contributions = new HashMap<>();
        String metrics = run.metrics();
        if (metrics != null) {
            companions.ask(metrics, "/api/v1/contributions").ifPresent(answer -> {
                for (JsonNode each : answer) {
                    contributions.put(
                            each.path("account").asString(""),
                            new Contribution(
                                    each.path("samples").asLong(0),
                                    each.path("epochs").asLong(0)));
                }
            });
        }
        return contributions;
    }
}
