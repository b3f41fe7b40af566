package org.starling.metrics;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the run is watched.
 *
 * @param streams browsers that may watch live at once; others are told to come back
 * @param accounts accounts with the most samples that Prometheus and the dashboard name, the others are summed up
 * @param refresh how often watching browsers are told of news
 * @param heartbeat how often a quiet stream gives a sign of life
 * @param galleryEvery how often an inference peer is asked for new pictures at most
 */
@ConfigurationProperties("starling.metrics")
public record MetricsProperties(
        @DefaultValue("64") int streams,
        @DefaultValue("20") int accounts,
        @DefaultValue("1s") Duration refresh,
        @DefaultValue("15s") Duration heartbeat,
        @DefaultValue("10s") Duration galleryEvery) {
    public MetricsProperties {
        require(streams >= 1, "streams must be at least 1, not " + streams);
        require(accounts >= 1 && accounts <= 200, "accounts must be from 1 to 200, not " + accounts);
        require(refresh.toMillis() >= 100, "refresh must be at least 100ms, not " + refresh);
        require(heartbeat.toMillis() >= 1000, "heartbeat must be at least 1s, not " + heartbeat);
        require(galleryEvery.toMillis() >= 100, "gallery-every must be at least 100ms, not " + galleryEvery);
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException("starling.metrics." + message);
        }
    }
}
