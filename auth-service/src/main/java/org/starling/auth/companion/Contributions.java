package org.starling.auth.companion;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import org.starling.auth.run.Run;
import tools.jackson.databind.JsonNode;

/** What accounts have contributed. Only the swarm's epoch records tell; the run's metrics service adds them up. */
@Component
public class Contributions {

    /** Accounts that one question names: its line must not get too long. */
    private static final int AT_ONCE = 100;

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

    /**
     * What accounts have contributed, by hub id; empty if nobody can tell.
     *
     * @param accounts hub ids
     */
    public Map<String, Contribution> of(Run run, List<String> accounts) {
        Map<String, Contribution> contributions = new HashMap<>();
        String metrics = run.metrics();
        for (int from = 0; metrics != null && from < accounts.size(); from += AT_ONCE) {
            String query = accounts.subList(from, Math.min(from + AT_ONCE, accounts.size())).stream()
                    .map(account -> "account=" + URLEncoder.encode(account, StandardCharsets.UTF_8))
                    .collect(Collectors.joining("&"));
            companions.ask(metrics, "/api/v1/contributions?" + query).ifPresent(answer -> {
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
