package org.starling.metrics;

import java.time.InstantSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.starling.metrics.collect.Collector;
import org.starling.metrics.store.ChainStore;
import org.starling.metrics.store.MetricsStore;
import org.starling.metrics.swarm.SwarmView;

/** The metrics service: an auxiliary peer that stores what it hears and shows it. */
@SpringBootApplication(proxyBeanMethods = false)
@ConfigurationPropertiesScan
public class MetricsServiceApplication {
    public static void main(String[] arguments) {
        SpringApplication.run(MetricsServiceApplication.class, arguments);
    }

    @Bean
    @ConditionalOnMissingBean
    InstantSource clock() {
        return InstantSource.system();
    }

    @Bean
    Collector collector(SwarmView swarm, ChainStore chain, MetricsStore store) {
        return new Collector(swarm, chain, store);
    }
}
