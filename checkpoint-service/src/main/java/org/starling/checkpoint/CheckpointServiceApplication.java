package org.starling.checkpoint;

import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.starling.checkpoint.archive.CheckpointArchive;
import org.starling.checkpoint.catalog.CheckpointCatalog;
import org.starling.checkpoint.hub.HubUploader;
import org.starling.checkpoint.hub.Pause;
import org.starling.checkpoint.keeper.CheckpointKeeper;
import org.starling.checkpoint.keeper.HubUploads;
import org.starling.checkpoint.rollback.OrderClient;
import org.starling.checkpoint.rollback.RollbackService;
import org.starling.checkpoint.swarm.SwarmAccess;
import org.starling.training.task.TrainingTasks;
import tools.jackson.databind.json.JsonMapper;

/** The checkpoint service: an auxiliary peer that keeps what the swarm has learned, and the run's entry point. */
@SpringBootApplication(proxyBeanMethods = false)
@ConfigurationPropertiesScan
public class CheckpointServiceApplication {
    public static void main(String[] arguments) {
        SpringApplication.run(CheckpointServiceApplication.class, arguments);
    }

    @Bean
    @ConditionalOnMissingBean
    InstantSource clock() {
        return InstantSource.system();
    }

    @Bean
    @ConditionalOnMissingBean
    Pause pause() {
        return Pause.SLEEP;
    }

    @Bean
    CheckpointArchive checkpointArchive(SwarmAccess swarm, CheckpointProperties properties, InstantSource clock)
            throws IOException {
        return new CheckpointArchive(
                properties.folder(),
                swarm.run(),
                TrainingTasks.create(swarm.run().task(), swarm.run().taskSettings()),
                clock);
    }

    @Bean
    @ConditionalOnExpression("!'${starling.checkpoint.hub-url:}'.isBlank()")
    HubUploads hubUploads(
            SwarmAccess swarm,
            CheckpointArchive archive,
            CheckpointCatalog catalog,
            CheckpointProperties properties,
            JsonMapper json,
            Pause pause) {
        HubUploader uploader = new HubUploader(
                Objects.requireNonNull(properties.hubUrl()),
                Objects.requireNonNullElseGet(
                        properties.hubRepo(), () -> swarm.run().run()),
                Objects.requireNonNull(properties.hubToken()),
                properties.hubPrivate(),
                json,
                pause);
        return new HubUploads(uploader, archive, catalog, properties.hubRetryAfter(), HubUploads.newExecutor());
    }

    @Bean
    CheckpointKeeper checkpointKeeper(
            SwarmAccess swarm,
            CheckpointArchive archive,
            CheckpointCatalog catalog,
            Optional<HubUploads> uploads,
            CheckpointProperties properties) {
        return new CheckpointKeeper(swarm, archive, catalog, uploads, properties);
    }

    @Bean
    RollbackService rollbackService(
            SwarmAccess swarm,
            CheckpointCatalog catalog,
            CheckpointKeeper keeper,
            JsonMapper json,
            @Value("${starling.auth.url}") URI authService) {
        return new RollbackService(
                swarm, catalog, keeper, new OrderClient(authService, swarm.run().run(), json));
    }
}
