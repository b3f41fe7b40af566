package org.starling.launcher.suite;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.starling.launcher.suite.SuiteSettings.RunSettings;

/** Each service's Spring properties. */
final class ServiceConfigurations {
    private static final String HOST = "127.0.0.1";
    private static final String CLIENT_ID = "starling-auth";

    private final SuiteSettings settings;
    private final Path folder;
    private final Secrets secrets;

    ServiceConfigurations(SuiteSettings settings, Path folder, Secrets secrets) {
        this.settings = settings;
        this.folder = folder;
        this.secrets = secrets;
    }

    Map<String, String> hub(int port, URI auth) throws IOException {
        Map<String, String> properties = http(port);
        properties.put("hub.data", folder.resolve("hub").toString());
        properties.put("hub.url", "http://" + HOST + ":" + port);
        properties.put("hub.clients[0].id", CLIENT_ID);
        properties.put("hub.clients[0].secret", secrets.get("oauth-client"));
        properties.put("hub.clients[0].name", "Starling");
        properties.put(
                "hub.clients[0].redirect-uris[0]",
                auth.resolve("/login/oauth2/code/huggingface").toString());
        List<Account> accounts = new ArrayList<>(List.of(Account.MODERATOR, Account.CHECKPOINT, Account.METRICS));
        accounts.addAll(Account.VOLUNTEERS);
        for (int i = 0; i < accounts.size(); i++) {
            Account account = accounts.get(i);
            String prefix = "hub.accounts[" + i + "].";
            properties.put(prefix + "name", account.name());
            properties.put(prefix + "full-name", account.fullName());
            properties.put(prefix + "email", account.name() + "@example.org");
            properties.put(prefix + "token", secrets.hubToken(account));
            if (account.member()) {
                properties.put(prefix + "orgs." + settings.run().organization(), "write");
            }
        }
        return withExtras("hub", properties);
    }

    /**
     * @param entryPoint {@code host:port} of a peer that newcomers ask first
     * @param metrics asked for what accounts have contributed
     * @param checkpoints asked for the states to go back to
     */
    Map<String, String> auth(int port, URI hub, String entryPoint, URI metrics, URI checkpoints) throws IOException {
        Map<String, String> properties = http(port);
        properties.put("starling.auth.hub-endpoint", hub.toString());
        properties.put("starling.auth.client-id", CLIENT_ID);
        properties.put("starling.auth.client-secret", secrets.get("oauth-client"));
        properties.put("starling.auth.secret", secrets.get("authority"));
        properties.put("starling.auth.data", folder.resolve("auth").toString());
        RunSettings run = settings.run();
        String prefix = "starling.auth.runs[0].";
        properties.put(prefix + "name", run.name());
        properties.put(prefix + "description", run.description());
        properties.put(prefix + "task", run.task());
        properties.put(prefix + "target-batch-size", String.valueOf(run.targetBatchSize()));
        // Keys with dots are one key.
        run.taskSettings().forEach((key, value) -> properties.put(prefix + "task-settings[" + key + "]", value));
        run.averaging().forEach((key, value) -> properties.put(prefix + "averaging." + key, value));
        run.membership().forEach((key, value) -> properties.put(prefix + "membership." + key, value));
        properties.put(prefix + "entry-points[0]", entryPoint);
        properties.put(prefix + "metrics", metrics.toString());
        properties.put(prefix + "checkpoints", checkpoints.toString());
        properties.put("starling.auth.operators[0]", Account.MODERATOR.name());
        properties.put(prefix + "moderators[0]", Account.MODERATOR.name());
        properties.put(prefix + "operators[0]", Account.MODERATOR.name());
        properties.put(prefix + "auxiliaries[0]", Account.CHECKPOINT.name());
        properties.put(prefix + "auxiliaries[1]", Account.METRICS.name());
        return withExtras("auth", properties);
    }

    Map<String, String> checkpoint(int port, int swarmPort, URI auth, URI hub) throws IOException {
        Map<String, String> properties = peer(Account.CHECKPOINT, "auxiliary", port, swarmPort, auth);
        properties.put(
                "starling.checkpoint.folder",
                folder.resolve("checkpoint/checkpoints").toString());
        properties.put(
                "starling.checkpoint.every-epochs",
                String.valueOf(settings.run().checkpointEpochs()));
        properties.put("starling.checkpoint.hub-url", hub.toString());
        properties.put("starling.checkpoint.hub-token", secrets.hubToken(Account.CHECKPOINT));
        return withExtras("checkpoint", properties);
    }

    Map<String, String> metrics(int port, int swarmPort, URI auth) throws IOException {
        return withExtras("metrics", peer(Account.METRICS, "auxiliary", port, swarmPort, auth));
    }

    Map<String, String> trainer(Account account, boolean drawing, int port, int swarmPort, URI auth)
            throws IOException {
        Map<String, String> properties =
                peer(account, drawing ? "trainer,inference" : "trainer", port, swarmPort, auth);
        properties.put("starling.peer.threads", "1");
        // epochs of a second: what is computed during a round would be stale in a large part of every batch
        properties.put("starling.peer.overlap", "false");
        return withExtras("trainer", properties);
    }

    private Map<String, String> peer(Account account, String roles, int port, int swarmPort, URI auth)
            throws IOException {
        Map<String, String> properties = http(port);
        properties.put("starling.run", settings.run().name());
        properties.put("starling.auth.url", auth.toString());
        properties.put("starling.auth.hub-token", secrets.hubToken(account));
        properties.put("starling.peer.data", "peer");
        properties.put("starling.peer.host", HOST);
        properties.put("starling.peer.roles", roles);
        properties.put("starling.peer.worker-threads", "1");
        properties.put("spring.grpc.server.port", String.valueOf(swarmPort));
        return properties;
    }

    private Map<String, String> withExtras(String kind, Map<String, String> properties) {
        properties.putAll(settings.properties().getOrDefault(kind, Map.of()));
        return properties;
    }

    private static Map<String, String> http(int port) {
        return new HashMap<>(Map.of("server.address", HOST, "server.port", String.valueOf(port)));
    }
}
