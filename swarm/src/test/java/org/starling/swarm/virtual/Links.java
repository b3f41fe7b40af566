package org.starling.swarm.virtual;

import java.time.Duration;
import java.util.Map;

/**
 * What the lines between hosts are like.
 *
 * @param delay one way
 * @param delays one way, between two regions named {@code a-b}; those not named have the default
 * @param jitter greatest share of the delay that is added at random; it reorders calls
 * @param loss probability that a call is lost, request or reply; the caller learns it at its deadline
 * @param reset probability that a call fails at once because its connection broke
 * @param duplicate probability that a request arrives twice
 */
public record Links(
        Duration delay, Map<String, Duration> delays, double jitter, double loss, double reset, double duplicate) {
    /** Lines on which nothing goes wrong and nothing is overtaken. */
    public static Links steady(Duration delay) {
        return new Links(delay, Map.of(), 0, 0, 0, 0);
    }
}
