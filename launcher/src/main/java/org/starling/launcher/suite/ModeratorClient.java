package org.starling.launcher.suite;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What a moderator does at the auth service, with the moderator's own hub token. */
final class ModeratorClient {
    private final URI run;
    private final String token;

    /** @param auth base address of the auth service */
    ModeratorClient(URI auth, String runName, String token) {
        this.run = auth.resolve("/api/v1/runs/" + runName);
        this.token = token;
    }

    /** Those who wait for a decision. */
    JsonNode pendingRequests() throws IOException, InterruptedException {
        JsonNode answer = Rest.get(URI.create(run + "/join-requests?state=pending"), token)
                .orThrow();
        return answer.isArray() ? answer : answer.path("requests");
    }

    void approve(String request) throws IOException, InterruptedException {
        Rest.post(URI.create(run + "/join-requests/" + request + "/approve"), token, Map.of())
                .orThrow();
    }
}
