package org.starling.auth.hub;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.starling.auth.AuthProperties;
import org.starling.auth.hub.HubAccount.Membership;
import org.starling.swarm.http.BoundedHttpClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks the hub whom a user access token stands for. The hub limits these questions strictly, so an answer is believed for
 * some minutes, and while the hub says that it was asked too often it is not asked at all.
 */
@Component
public class HubClient {

    private static final Logger log = LoggerFactory.getLogger(HubClient.class);
    private static final Duration REJECTION_CACHE = Duration.ofSeconds(30);
    private static final Duration DEFAULT_RETRY = Duration.ofSeconds(10);
    private static final Duration MAX_RETRY = Duration.ofMinutes(5);
    private static final int MAX_ANSWER_BYTES = 1 << 20;
    private static final int MAX_CACHED = 10_000;
    private static final int MAX_ORGANIZATIONS = 200;
    private static final Pattern TOKEN = Pattern.compile("hf_[A-Za-z0-9_-]{1,200}");
    private static final Pattern TIME_LEFT = Pattern.compile(";\\s*t=(\\d{1,6})");

    private final URI whoAmI;
    private final Duration timeout;
    private final InstantSource clock;
    private final JsonMapper json;
    private final BoundedHttpClient http = new BoundedHttpClient(MAX_ANSWER_BYTES);
    private final Cache<String, Answer> answers;
    private final AtomicReference<Instant> quietUntil = new AtomicReference<>(Instant.EPOCH);

    HubClient(AuthProperties properties, InstantSource clock, JsonMapper json) {
        this.whoAmI = URI.create(properties.hub() + "/api/whoami-v2");
        this.timeout = properties.hubTimeout();
        this.clock = clock;
        this.json = json;
        this.answers = Caffeine.newBuilder()
                .maximumSize(MAX_CACHED)
                .expireAfter(Expiry.<String, Answer>creating(
                        (token, answer) -> answer.account() == null ? REJECTION_CACHE : properties.hubCache()))
                .build();
    }

    private record Answer(@Nullable HubAccount account, String rejection) {}

    /**
     * The person behind a user access token.
     *
     * @throws InvalidHubTokenException if the hub does not know it, or it stands for an organization or an application
     * @throws HubUnavailableException if the hub cannot be asked now
     */
    public HubAccount identify(String token) {
        // A token that an OAuth application holds proves that the person once logged in there, not that they are here.
        if (token.startsWith("hf_oauth_") || !TOKEN.matcher(token).matches()) {
            throw new InvalidHubTokenException(
                    "The bearer token is not a Hugging Face user access token; make one under Settings, Access Tokens"
                            + " (role read is enough)");
        }
        Answer answer = answers.get(hash(token), key -> ask(token));
        if (answer.account() == null) {
            throw new InvalidHubTokenException(answer.rejection());
        }
        return answer.account();
    }

    /** Whether the hub need not be asked about the token. */
    public boolean remembers(String token) {
        return answers.getIfPresent(hash(token)) != null;
    }

    private Answer ask(String token) {
        Instant now = clock.instant();
        Instant quiet = quietUntil.get();
        if (now.isBefore(quiet)) {
            throw new HubUnavailableException(
                    "The hub limits how often it may be asked; try again in a moment",
                    Duration.between(now, quiet),
                    null);
        }
        HttpRequest request = HttpRequest.newBuilder(whoAmI)
                .timeout(timeout)
                .header("Authorization", "Bearer " + token)
                .header("Accept", "application/json")
                .header("User-Agent", "starling-auth")
                .build();
        try {
            return read(http.send(request));
        } catch (IOException e) {
            log.warn("The hub at {} does not answer: {}", whoAmI, e.toString());
            throw new HubUnavailableException("The hub does not answer; try again later", DEFAULT_RETRY, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubUnavailableException("This service is stopping", DEFAULT_RETRY, e);
        }
    }

    private Answer read(HttpResponse<byte[]> response) {
        int status = response.statusCode();
        if (status == 401 || status == 403) {
            return new Answer(null, "The hub does not know this token; it may have been deleted or have expired");
        }
        if (status == 429) {
            Duration wait = timeLeft(response);
            quietUntil.set(clock.instant().plus(wait));
            log.warn("The hub limits us; not asking for {}", wait);
            throw new HubUnavailableException(
                    "The hub limits how often it may be asked; try again in a moment", wait, null);
        }
        if (status != 200) {
            log.warn("The hub at {} answers with status {}", whoAmI, status);
            throw new HubUnavailableException(
                    "The hub answers with status " + status + "; try again later", DEFAULT_RETRY, null);
        }
        try {
            JsonNode answer = json.readTree(response.body());
            String type = answer.path("type").asString("");
            String id = answer.path("id").asString("");
            String name = answer.path("name").asString("");
            if (!type.equals("user")) {
                return new Answer(null, "The token stands for no person but for '" + type + "'");
            }
            if (!id.isBlank() && !name.isBlank()) {
                return new Answer(new HubAccount(id, name, organizations(answer), clock.instant()), "");
            }
        } catch (JacksonException e) {
            log.warn("The hub at {} answers with something that is not JSON", whoAmI);
        }
        throw new HubUnavailableException("The hub gives no usable answer; try again later", DEFAULT_RETRY, null);
    }

    private static List<Membership> organizations(JsonNode answer) {
        return answer.path("orgs")
                .valueStream()
                .filter(each -> !each.path("name").asString("").isEmpty())
                .limit(MAX_ORGANIZATIONS)
                .map(each -> new Membership(
                        each.path("name").asString(""), each.path("roleInOrg").asString("")))
                .toList();
    }

    private static Duration timeLeft(HttpResponse<?> response) {
        Matcher left =
                TIME_LEFT.matcher(response.headers().firstValue("RateLimit").orElse(""));
        Duration wait = left.find()
                ? Duration.ofSeconds(Long.parseLong(left.group(1)) + 1)
                : response.headers()
                        .firstValue("Retry-After")
                        .filter(value -> value.matches("\\d{1,6}"))
                        .map(value -> Duration.ofSeconds(Long.parseLong(value) + 1))
                        .orElse(DEFAULT_RETRY);
        return wait.compareTo(MAX_RETRY) > 0 ? MAX_RETRY : wait;
    }

    /** Tokens are kept as hashes only. */
    private static String hash(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
