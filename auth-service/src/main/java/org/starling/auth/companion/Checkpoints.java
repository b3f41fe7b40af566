package org.starling.auth.companion;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.starling.auth.run.Run;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.StateReference;
import tools.jackson.databind.JsonNode;

/** The states that the swarm can go back to, as the run's checkpoint service keeps them. */
@Component
public class Checkpoints {

    private static final int MAX_SHOWN = 200;

    private final CompanionClient companions;

    Checkpoints(CompanionClient companions) {
        this.companions = companions;
    }

    /**
     * A checkpoint.
     *
     * @param loss validation loss known when it was written, or null
     */
    public record Checkpoint(
            StateReference state, long generation, @Nullable Double loss, Instant created) {}

    /** Those that are whole, newest first, 200 at most; empty if the run's checkpoint service is not known or away. */
    public Optional<List<Checkpoint>> of(Run run) {
        String service = run.checkpoints();
        return service == null
                ? Optional.empty()
                : companions.ask(service, "/api/v1/checkpoints").map(Checkpoints::read);
    }

    private static List<Checkpoint> read(JsonNode answer) {
        List<Checkpoint> checkpoints = new ArrayList<>();
        for (JsonNode each : answer) {
            if (checkpoints.size() < MAX_SHOWN
                    && each.path("state").asString("").equals("good")) {
                try {
                    checkpoints.add(new Checkpoint(
                            new StateReference(
                                    each.path("epoch").asLong(-1),
                                    each.path("samples").asLong(-1),
                                    Digest.parse(each.path("stateDigest").asString(""))),
                            each.path("generation").asLong(0),
                            each.path("loss").isNumber() ? each.path("loss").asDouble() : null,
                            Instant.parse(each.path("created").asString(""))));
                } catch (IllegalArgumentException | DateTimeException notACheckpoint) {
                    // another version's; what cannot be read cannot be offered
                }
            }
        }
        return checkpoints;
    }
}
