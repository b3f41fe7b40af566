package org.starling.spring;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/** Settings of Boot itself that suit every peer; any configuration of the service or its operator outranks them. */
final class PeerDefaults implements EnvironmentPostProcessor, Ordered {
    private static final Map<String, Object> DEFAULTS = Map.ofEntries(
            Map.entry("starling.auth.hub-token", "${HF_TOKEN:}"),
            // HTTP is for the operator of this machine; a proxy publishes what is meant to be public
            Map.entry("server.address", "127.0.0.1"),
            Map.entry("server.shutdown", "immediate"),
            Map.entry("server.tomcat.threads.max", "16"),
            Map.entry("server.tomcat.threads.min-spare", "2"),
            Map.entry("spring.mvc.problemdetails.enabled", "true"),
            Map.entry("spring.main.banner-mode", "off"),
            Map.entry("spring.lifecycle.timeout-per-shutdown-phase", "4s"),
            // the swarm's Scheduler is an Executor, too, but not one for the web's work
            Map.entry("spring.task.execution.mode", "force"),
            Map.entry("spring.grpc.server.factory.enabled", "false"),
            // every method demands a token; what Boot would add to the server demands none
            Map.entry("spring.grpc.server.reflection.enabled", "false"),
            Map.entry("spring.grpc.server.health.enabled", "false"),
            Map.entry("spring.grpc.server.observation.enabled", "false"),
            Map.entry("spring.grpc.server.shutdown.grace-period", "0s"),
            Map.entry("logging.level.org.apache", "warn"),
            Map.entry("logging.level.org.springframework", "warn"),
            Map.entry("logging.level." + StartupProblemReporter.LOGGER, "off"),
            // the failure analysis says the same, for people
            Map.entry("logging.level.org.springframework.boot.web.server.servlet.context", "error"),
            Map.entry("management.endpoints.web.exposure.include", "health,prometheus"),
            Map.entry("management.endpoint.health.show-details", "always"));

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        Map<String, Object> defaults = new HashMap<>(DEFAULTS);
        String host = environment.getProperty("starling.peer.host", "");
        if (host.isBlank()) {
            defaults.put("spring.grpc.server.enabled", "false");
        } else if (host.equals("localhost") || host.startsWith("127.")) {
            defaults.put("spring.grpc.server.address", "127.0.0.1");
        }
        environment.getPropertySources().addLast(new MapPropertySource("starling-peer-defaults", defaults));
    }

    /** After the configuration files have been read. */
    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }
}
