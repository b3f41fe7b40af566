package org.starling.hub.account;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A person.
 *
 * @param id stable key, 24 hexadecimal digits
 * @param name user name and namespace
 * @param fullName name to show
 * @param email mail address, if any
 * @param orgs role by organization name; changes
 * @param createdAt when it was made
 * @param hardware what it shows of its hardware to everybody
 */
public record Account(
        String id,
        String name,
        String fullName,
        @Nullable String email,
        Map<String, String> orgs,
        Instant createdAt,
        List<Hardware> hardware) {

    /**
     * Machines of one kind, in the Hub's words.
     *
     * @param sku type, vendor and model
     * @param mem in GB
     * @param num how many
     */
    public record Hardware(List<String> sku, double mem, int num, boolean isPrimary) {}
}
