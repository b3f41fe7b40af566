package org.starling.auth;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.wire.Endpoint;

/**
 * The service's settings.
 *
 * @param hubEndpoint the Hugging Face Hub, or what stands in for it
 * @param publicUrl address under which people reach this service, path prefix included; that of each request when absent
 * @param clientId this service's OAuth application at the hub
 * @param clientSecret its secret; a public application has none
 * @param issuer name of the authority in tokens; derived from the first signing key when absent, so that it stays the
 *     same wherever the service moves
 * @param secret long random text that encrypts the signing key at rest ({@code STARLING_AUTH_SECRET}); generated into the data
 *     folder when absent
 * @param data folder of the generated secret
 * @param tokenLifetime how long a peer's token is good
 * @param hubCache how long the hub's answer about a user access token is believed
 * @param membershipLifetime how long the hub's word counts that somebody is a member of an organization: whom a rule has admitted
 *     by it logs in again before it is over, or waits
 * @param hubTimeout how long the hub may take to answer one call
 * @param limits how often one may ask
 * @param operators who runs this service: makes runs, changes its keys, reads the whole audit log; by account name or
 *     hub id
 * @param runs the runs; made when they are not there yet
 */
@ConfigurationProperties("starling.auth")
public record AuthProperties(
        @DefaultValue("https://huggingface.co") URI hubEndpoint,
        @Nullable URI publicUrl,
        @DefaultValue("starling") String clientId,
        @Nullable String clientSecret,
        @Nullable String issuer,
        @Nullable String secret,
        @DefaultValue(".starling/auth") Path data,
        @DefaultValue("24h") Duration tokenLifetime,
        @DefaultValue("5m") Duration hubCache,
        @DefaultValue("30d") Duration membershipLifetime,
        @DefaultValue("10s") Duration hubTimeout,
        @DefaultValue Limits limits,
        @DefaultValue List<String> operators,
        @DefaultValue List<RunProperties> runs) {

    private static final int MIN_SECRET = 32;
    private static final Duration MIN_LIFETIME = Duration.ofMinutes(1);
    private static final Duration MAX_LIFETIME = Duration.ofDays(30);

    public AuthProperties {
        if (hubEndpoint.getHost() == null || hubEndpoint.getScheme() == null) {
            throw new IllegalArgumentException(
                    "starling.auth.hub-endpoint must be an address such as https://huggingface.co, not " + hubEndpoint);
        }
        if (publicUrl != null && (publicUrl.getHost() == null || publicUrl.getQuery() != null)) {
            throw new IllegalArgumentException(
                    "starling.auth.public-url must be an address such as https://auth.example.org, not " + publicUrl);
        }
        if (secret != null && secret.length() < MIN_SECRET) {
            throw new IllegalArgumentException("STARLING_AUTH_SECRET must have at least " + MIN_SECRET
                    + " characters; make one with: openssl rand -base64 32");
        }
        if (tokenLifetime.compareTo(MIN_LIFETIME) < 0 || tokenLifetime.compareTo(MAX_LIFETIME) > 0) {
            throw new IllegalArgumentException("starling.auth.token-lifetime must be between " + MIN_LIFETIME + " and "
                    + MAX_LIFETIME + ", not " + tokenLifetime);
        }
        if (membershipLifetime.compareTo(MIN_LIFETIME) < 0) {
            throw new IllegalArgumentException("starling.auth.membership-lifetime must be at least " + MIN_LIFETIME
                    + ", not " + membershipLifetime);
        }
        data = data.toAbsolutePath().normalize();
    }

    /** The hub's address without a slash at the end. */
    public String hub() {
        return hubEndpoint.toString().replaceAll("/+$", "");
    }

    /**
     * Where people find this service; a machine may know it by an address that only it can reach.
     *
     * @param asked the address that was asked
     * @return without a slash at the end
     */
    public String base(String asked) {
        return publicUrl == null ? asked : publicUrl.toString().replaceAll("/+$", "");
    }

    /** Secrets stay out of logs. */
    @Override
    public String toString() {
        return "AuthProperties[" + hubEndpoint + ", " + runs.size() + " runs]";
    }

    /**
     * How often one may ask one instance of this service in a minute.
     *
     * @param loginsPerMinute steps of a login in a browser, from one address
     * @param joinsPerMinute requests to join and for tokens, by one account: a peer that waits asks four times
     * @param joinsFromAddressPerMinute the same from one address, which a school or a company may share
     * @param devicePollsPerMinute questions of machines without a browser, from one address: one asks twelve times
     * @param hubQuestionsPerMinute Hugging Face tokens that the hub has to be asked about, from one address: each once in
     *     {@code hub-cache}
     */
    public record Limits(
            @DefaultValue("60") int loginsPerMinute,
            @DefaultValue("120") int joinsPerMinute,
            @DefaultValue("600") int joinsFromAddressPerMinute,
            @DefaultValue("600") int devicePollsPerMinute,
            @DefaultValue("120") int hubQuestionsPerMinute) {

        public Limits {
            if (loginsPerMinute < 1
                    || joinsPerMinute < 1
                    || joinsFromAddressPerMinute < 1
                    || devicePollsPerMinute < 1
                    || hubQuestionsPerMinute < 1) {
                throw new IllegalArgumentException("starling.auth.limits must be at least 1 a minute each");
            }
        }
    }

    /**
     * A run. People are named by account name, or by the hub's id, which survives a change of name.
     *
     * @param name {@code organisation/name}
     * @param description for people
     * @param task name of the training task
     * @param taskSettings what the task reads
     * @param targetBatchSize samples of an epoch
     * @param maxSamplesPerSecond of one peer; 0 for an epoch a second
     * @param averaging how gradients are averaged
     * @param membership how peers learn of each other
     * @param entryPoints {@code host:port} of peers that newcomers call first
     * @param metrics address of the run's metrics service, whose dashboard everybody may see and which knows what accounts have
     *     contributed
     * @param checkpoints address of the run's checkpoint service, which knows the states that the swarm can go back to
     * @param moderators who decides about requests
     * @param operators who gives orders
     * @param auxiliaries whose peers may be auxiliary
     */
    public record RunProperties(
            String name,
            @DefaultValue("") String description,
            String task,
            @DefaultValue Map<String, String> taskSettings,
            long targetBatchSize,
            @DefaultValue("0") double maxSamplesPerSecond,
            @Nullable AveragingSettings averaging,
            @Nullable MembershipSettings membership,
            @DefaultValue List<String> entryPoints,
            @DefaultValue("") String metrics,
            @DefaultValue("") String checkpoints,
            @DefaultValue List<String> moderators,
            @DefaultValue List<String> operators,
            @DefaultValue List<String> auxiliaries) {

        public RunProperties {
            entryPoints.forEach(Endpoint::requireAddress);
        }

        /** What the run's peers agree on. */
        @SuppressWarnings("NullAway") // null stands for the defaults
        public RunConfiguration configuration() {
            return new RunConfiguration(
                    name, task, taskSettings, targetBatchSize, maxSamplesPerSecond, averaging, membership);
        }
    }
}
