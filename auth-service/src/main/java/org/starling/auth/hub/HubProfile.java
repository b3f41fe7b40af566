package org.starling.auth.hub;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What anybody may know of a person at the hub.
 *
 * @param createdAt when they came to the hub; null if it does not say
 * @param hardware what they show of their machines
 */
public record HubProfile(@Nullable Instant createdAt, List<Hardware> hardware) {

    /**
     * Machines of one kind.
     *
     * @param kind such as {@code gpu}
     * @param vendor such as {@code NVIDIA}
     * @param model such as {@code RTX 3090}
     * @param memory in GB, 0 if unknown
     * @param count how many
     */
    public record Hardware(String kind, String vendor, String model, double memory, int count) {}
}
