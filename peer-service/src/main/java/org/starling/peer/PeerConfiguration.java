package org.starling.peer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.starling.spring.StartupProblem;
import org.starling.spring.SwarmMembership;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.SwarmNode;
import org.starling.training.settings.InvalidSettingException;
import org.starling.training.task.TrainingTask;
import org.starling.training.task.TrainingTasks;

/** The parts of a peer, by its roles; one that is only an entry point has none of them. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PeerProperties.class)
class PeerConfiguration {
    @Bean
    @ConditionalOnRole({"trainer", "inference"})
    TrainingTask trainingTask(SwarmMembership membership) {
        try {
            return TrainingTasks.create(
                    membership.run().task(), membership.run().taskSettings());
        } catch (InvalidSettingException | UncheckedIOException e) {
            throw new StartupProblem(
                    "This peer cannot do what the run " + membership.run().run() + " trains: " + e.getMessage() + ".",
                    "Upgrade this peer, or ask the run's owner to correct its configuration.");
        }
    }

    @Bean
    @ConditionalOnRole("trainer")
    TrainingReplica trainingReplica(TrainingTask task) {
        return new TrainingReplica(task);
    }

    @Bean(destroyMethod = "")
    @ConditionalOnRole("trainer")
    Trainer trainer(TrainingTask task, TrainingReplica replica, SwarmMembership membership, PeerProperties properties) {
        return new Trainer(
                task,
                replica::parameters,
                new Trainer.Options(
                        properties.microBatch() != null
                                ? properties.microBatch()
                                : task.batchSizes().micro(),
                        properties.effectiveThreads(),
                        properties.maxSamplesPerSecond(),
                        shuffleSeed(membership.identity().id(), System.currentTimeMillis())));
    }

    /** Another one for each peer and each start: who restarts often sees all of the data nevertheless. */
    static long shuffleSeed(PeerId peer, long startMillis) {
        return ByteBuffer.wrap(peer.toBytes()).getLong() + startMillis;
    }

    @Bean
    @ConditionalOnRole({"trainer", "inference"})
    Studio studio(TrainingTask task, PeerProperties properties) {
        return new Studio(task, properties.effectiveThreads());
    }

    @Bean
    @ConditionalOnRole({"trainer", "inference"})
    Showcase showcase(
            TrainingTask task, Studio studio, SwarmNode node, SwarmMembership membership, PeerProperties properties) {
        return new Showcase(
                task,
                studio,
                node,
                membership.identity().id(),
                membership.roles().contains(Role.INFERENCE),
                properties);
    }

    /** A trainer shows its own replica; a peer that only draws has to download what it shows. */
    @Bean
    @ConditionalOnRole({"trainer", "inference"})
    NodeListener showcaseListener(
            ObjectProvider<TrainingReplica> replica,
            TrainingTask task,
            SwarmNode node,
            Showcase showcase,
            PeerProperties properties) {
        TrainingReplica own = replica.getIfAvailable();
        return own == null
                ? new StateFollower(task, node, showcase, properties.evaluationInterval())
                : new ReplicaListener(own, showcase);
    }

    @Bean
    @DependsOn("swarmLifecycle")
    @ConditionalOnRole("trainer")
    TrainerLifecycle trainerLifecycle(
            Trainer trainer, SwarmNode node, PeerProperties properties, ConfigurableApplicationContext context) {
        return new TrainerLifecycle(trainer, node, properties.overlap(), context);
    }

    @Bean
    @ConditionalOnRole("trainer")
    MeterBinder trainerMeters(Trainer trainer) {
        return registry -> {
            Gauge.builder("starling.trainer.samples.per.second", trainer, Trainer::samplesPerSecond)
                    .description("Speed of this peer's gradients")
                    .register(registry);
            Gauge.builder("starling.trainer.loss", trainer, Trainer::trainingLoss)
                    .description("Mean training loss of the samples handed over last")
                    .register(registry);
            FunctionCounter.builder("starling.trainer.samples", trainer, Trainer::computed)
                    .description("Samples whose gradient was computed here")
                    .register(registry);
        };
    }

    @Bean
    ImagesController imagesController(ObjectProvider<Showcase> showcase) {
        return new ImagesController(
                Optional.ofNullable(showcase.getIfAvailable()).filter(Showcase::draws));
    }
}
