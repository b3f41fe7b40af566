package org.starling.hub;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The hub's settings.
 *
 * @param data folder of repositories and the signing key
 * @param url address under which clients and browsers reach the hub; taken from each request when absent
 * @param storageUrl address of the store behind uploads and downloads, another host on the real Hub; {@code url} when
 *     absent
 * @param accounts who can log in
 * @param organizations organizations that need more than a name; those that an account belongs to exist anyway
 * @param clients OAuth applications
 * @param multipartThreshold uploads larger than this go in parts
 * @param multipartChunk bytes of a part
 * @param accessTokenLifetime lifetime of an OAuth access token
 * @param storageUrlLifetime how long a signed storage address is good
 * @param whoAmIPerMinute how often a token may ask {@code whoami-v2} in a minute, which the real Hub limits strictly; 0
 *     for no limit
 */
@ConfigurationProperties("hub")
public record HubProperties(
        @DefaultValue(".starling/hub") Path data,
        @Nullable URI url,
        @Nullable URI storageUrl,
        @DefaultValue List<AccountProperties> accounts,
        @DefaultValue List<OrganizationProperties> organizations,
        @DefaultValue List<ClientProperties> clients,
        @DefaultValue("5GB") DataSize multipartThreshold,
        @DefaultValue("64MB") DataSize multipartChunk,
        @DefaultValue("8h") Duration accessTokenLifetime,
        @DefaultValue("1h") Duration storageUrlLifetime,
        @DefaultValue("0") int whoAmIPerMinute) {

    public HubProperties {
        data = data.toAbsolutePath().normalize();
        if (multipartChunk.toBytes() < 1) {
            throw new IllegalArgumentException("hub.multipart-chunk must be positive");
        }
    }

    /**
     * An account.
     *
     * @param name user name, also the namespace of the account's repositories
     * @param id 24 hexadecimal digits that survive a change of name; derived from the name when absent
     * @param fullName name to show
     * @param email address told to OAuth applications with scope {@code email}
     * @param token the account's user access token, {@code hf_...}
     * @param tokenRole {@code read} or {@code write}
     * @param orgs role in each organization: {@code admin}, {@code write}, {@code contributor} or {@code read}
     * @param createdAt when the account was made
     * @param hardware what the account shows publicly of its hardware
     */
    public record AccountProperties(
            String name,
            @Nullable String id,
            @Nullable String fullName,
            @Nullable String email,
            @Nullable String token,
            @DefaultValue("write") TokenRole tokenRole,
            @DefaultValue Map<String, String> orgs,
            @DefaultValue("2023-05-04T09:30:00Z") Instant createdAt,
            @DefaultValue List<HardwareProperties> hardware) {

        public AccountProperties {
            requireName("hub.accounts[].name", name);
            requireToken("hub.accounts[].token", token);
        }
    }

    /**
     * Public hardware of an account.
     *
     * @param type {@code gpu}, {@code cpu} or {@code apple-silicon}
     * @param vendor such as {@code NVIDIA}
     * @param model such as {@code RTX 3090}
     * @param memory in GB
     * @param count how many
     */
    public record HardwareProperties(
            String type,
            String vendor,
            String model,
            @DefaultValue("0") double memory,
            @DefaultValue("1") int count) {}

    /** What a user access token may do. */
    public enum TokenRole {
        READ,
        WRITE
    }

    /**
     * An organization.
     *
     * @param name namespace of its repositories
     * @param fullName name to show
     * @param token a token that stands for the organization and not for a person
     */
    public record OrganizationProperties(
            String name,
            @Nullable String fullName,
            @Nullable String token) {

        public OrganizationProperties {
            requireName("hub.organizations[].name", name);
            requireToken("hub.organizations[].token", token);
        }
    }

    /**
     * An OAuth application.
     *
     * @param id client id
     * @param secret client secret; a public application has none
     * @param name name to show on the page that asks for consent
     * @param redirectUris where codes may be sent; on {@code http} loopback addresses any port matches
     * @param token a token that stands for the application and not for a person
     */
    public record ClientProperties(
            String id,
            @Nullable String secret,
            @Nullable String name,
            @DefaultValue List<String> redirectUris,
            @Nullable String token) {

        public ClientProperties {
            if (id == null || id.isBlank()) {
                throw new IllegalArgumentException("hub.clients[].id is missing");
            }
            requireToken("hub.clients[].token", token);
        }
    }

    private static void requireName(String setting, @Nullable String name) {
        if (name == null || !name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,41}")) {
            throw new IllegalArgumentException(
                    setting + " must be 1 to 42 letters, digits, '-' and '_', not '" + name + "'");
        }
    }

    private static void requireToken(String setting, @Nullable String token) {
        if (token != null && (!token.startsWith("hf_") || token.startsWith("hf_oauth_"))) {
            throw new IllegalArgumentException(setting + " must start with hf_ and not with hf_oauth_");
        }
    }
}
