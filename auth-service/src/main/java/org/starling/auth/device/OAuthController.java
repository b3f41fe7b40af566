package org.starling.auth.device;

import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import org.starling.auth.AuthProperties;
import org.starling.auth.account.Accounts;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.hub.HubClient;
import org.starling.auth.hub.HubUnavailableException;
import org.starling.auth.hub.InvalidHubTokenException;
import org.starling.auth.limit.ClientAddress;
import org.starling.auth.limit.RateLimits;
import org.starling.auth.limit.RateLimits.Kind;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.swarm.identity.PeerId;

/**
 * This service as an authorization server for peers. They are public clients, all of one name: what they get is bound to
 * their key, not to a secret of the program.
 */
@RestController
final class OAuthController {

    static final String CLIENT = "starling-peer";

    private static final String DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
    private static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
    private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
    private static final int MAX_VALUE = 4_096;
    private static final int MAX_DEVICE_NAME = 120;
    private static final Duration FULL_RETRY = Duration.ofMinutes(1);

    private final DeviceGrants grants;
    private final PeerCredentials credentials;
    private final HubClient hub;
    private final Accounts accounts;
    private final Runs runs;
    private final RateLimits limits;
    private final AuthProperties properties;

    OAuthController(
            DeviceGrants grants,
            PeerCredentials credentials,
            HubClient hub,
            Accounts accounts,
            Runs runs,
            RateLimits limits,
            AuthProperties properties) {
        this.limits = limits;
        this.properties = properties;
        this.grants = grants;
        this.credentials = credentials;
        this.hub = hub;
        this.accounts = accounts;
        this.runs = runs;
    }

    /** RFC 8414. */
    @GetMapping("/.well-known/oauth-authorization-server")
    Map<String, Object> metadata(HttpServletRequest request) {
        String base = base(request);
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("issuer", base);
        metadata.put("device_authorization_endpoint", base + "/oauth2/device_authorization");
        metadata.put("token_endpoint", base + "/oauth2/token");
        metadata.put("jwks_uri", base + "/oauth2/jwks");
        metadata.put("grant_types_supported", List.of(DEVICE_GRANT, TOKEN_EXCHANGE));
        metadata.put("token_endpoint_auth_methods_supported", List.of("none"));
        metadata.put("response_types_supported", List.of());
        return metadata;
    }

    record DeviceAnswer(
            @JsonProperty("device_code") String deviceCode,
            @JsonProperty("user_code") String userCode,
            @JsonProperty("verification_uri") String verificationUri,
            @JsonProperty("verification_uri_complete") String verificationUriComplete,
            @JsonProperty("expires_in") long expiresIn,
            @JsonProperty("interval") long interval) {}

    /** Beside the parameters of RFC 8628: {@code run}, {@code peer} (its id) and, if it likes, {@code device_name}. */
    @PostMapping(path = "/oauth2/device_authorization", consumes = MediaType.APPLICATION_FORM_URLENCODED_VALUE)
    ResponseEntity<DeviceAnswer> authorizeDevice(
            @RequestParam MultiValueMap<String, String> form, HttpServletRequest request) {
        requireClient(form);
        DeviceGrants.Device device = new DeviceGrants.Device(peer(form), deviceName(form), ClientAddress.of(request));
        DeviceGrants.Codes codes = grants.begin(run(form), device)
                .orElseThrow(() -> new OAuthException(
                        HttpStatus.TOO_MANY_REQUESTS,
                        "temporarily_unavailable",
                        "Too many machines at " + device.address() + " wait to be confirmed; try again in some minutes",
                        FULL_RETRY));
        String page = base(request) + "/device";
        return ResponseEntity.ok()
                .cacheControl(CacheControl.noStore())
                .body(new DeviceAnswer(
                        codes.deviceCode(),
                        codes.userCode().toString(),
                        page,
                        page + "?user_code=" + codes.userCode(),
                        DeviceGrants.LIFETIME.toSeconds(),
                        DeviceGrants.INTERVAL.toSeconds()));
    }

    /** {@code account} is not in the RFC: the peer tells its owner who they are. */
    record TokenAnswer(
            @JsonProperty("access_token") String accessToken,
            @JsonProperty("issued_token_type") String issuedTokenType,
            @JsonProperty("token_type") String tokenType,
            @JsonProperty("expires_in") long expiresIn,
            @JsonProperty("account") String account) {}

    @PostMapping(path = "/oauth2/token", consumes = MediaType.APPLICATION_FORM_URLENCODED_VALUE)
    ResponseEntity<TokenAnswer> token(@RequestParam MultiValueMap<String, String> form, HttpServletRequest request) {
        requireClient(form);
        String grantType = required(form, "grant_type");
        PeerCredentials.Issued issued = switch (grantType) {
            case DEVICE_GRANT -> poll(required(form, "device_code"));
            case TOKEN_EXCHANGE -> exchange(form, request);
            default ->
                throw new OAuthException(
                        "unsupported_grant_type", "grant_type must be " + DEVICE_GRANT + " or " + TOKEN_EXCHANGE);
        };
        return ResponseEntity.ok()
                .cacheControl(CacheControl.noStore())
                .body(new TokenAnswer(
                        issued.token(),
                        ACCESS_TOKEN,
                        "Bearer",
                        issued.lifetime().toSeconds(),
                        issued.account().name()));
    }

    private PeerCredentials.Issued poll(String deviceCode) {
        DeviceGrants.PollAnswer answer = grants.poll(deviceCode);
        return switch (answer.poll()) {
            case GRANTED -> answer.credential().orElseThrow();
            case PENDING -> throw new OAuthException("authorization_pending", "Nobody has entered the code yet");
            case TOO_EARLY ->
                throw new OAuthException("slow_down", "Ask every " + answer.intervalSeconds() + " seconds only");
            case DENIED -> throw new OAuthException("access_denied", "The person who entered the code said no");
            case EXPIRED -> throw new OAuthException("expired_token", "The code has expired; ask for a new one");
            case UNKNOWN -> throw new OAuthException("invalid_grant", "The device code is unknown or used");
        };
    }

    /** The token is asked about once, here, and not kept. */
    private PeerCredentials.Issued exchange(MultiValueMap<String, String> form, HttpServletRequest request) {
        String type = required(form, "subject_token_type");
        if (!type.equals(ACCESS_TOKEN)) {
            throw new OAuthException("invalid_request", "subject_token_type must be " + ACCESS_TOKEN);
        }
        PeerId peer = peer(form);
        String token = required(form, "subject_token");
        if (!hub.remembers(token)) {
            take(Kind.HUB, ClientAddress.network(request), "this address");
        }
        try {
            HubAccount person = hub.identify(token);
            take(Kind.JOIN, person.id(), person.name());
            return credentials.issue(accounts.of(person), peer, null, "Hugging Face token");
        } catch (InvalidHubTokenException e) {
            throw new OAuthException("invalid_grant", e.getMessage());
        } catch (HubUnavailableException e) {
            throw new OAuthException(
                    HttpStatus.SERVICE_UNAVAILABLE, "temporarily_unavailable", e.getMessage(), e.retryAfter());
        }
    }

    private void take(Kind kind, String who, String name) {
        Duration wait = limits.take(kind, who);
        if (!wait.isZero()) {
            throw new OAuthException(
                    HttpStatus.TOO_MANY_REQUESTS, "temporarily_unavailable", "Too many requests of " + name, wait);
        }
    }

    @ExceptionHandler(OAuthException.class)
    ResponseEntity<Map<String, String>> refuse(OAuthException e) {
        ResponseEntity.BodyBuilder answer = ResponseEntity.status(e.status()).cacheControl(CacheControl.noStore());
        Duration wait = e.retryAfter();
        if (wait != null) {
            answer.header(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, wait.toSeconds())));
        }
        return answer.body(Map.of("error", e.error(), "error_description", e.getMessage()));
    }

    private static void requireClient(MultiValueMap<String, String> form) {
        form.forEach((name, values) -> {
            if (values.size() > 1) {
                throw new OAuthException("invalid_request", name + " is given twice");
            }
        });
        if (!required(form, "client_id").equals(CLIENT)) {
            throw new OAuthException(HttpStatus.UNAUTHORIZED, "invalid_client", "client_id must be " + CLIENT, null);
        }
    }

    private static String required(MultiValueMap<String, String> form, String name) {
        String value = form.getFirst(name);
        if (value == null || value.isBlank()) {
            throw new OAuthException("invalid_request", name + " is missing");
        }
        if (value.length() > MAX_VALUE) {
            throw new OAuthException("invalid_request", name + " is too long");
        }
        return value.strip();
    }

    private static PeerId peer(MultiValueMap<String, String> form) {
        try {
            return PeerId.parse(required(form, "peer"));
        } catch (IllegalArgumentException e) {
            throw new OAuthException("invalid_request", "peer: " + e.getMessage());
        }
    }

    private Run run(MultiValueMap<String, String> form) {
        String name = required(form, "run");
        return runs.find(name)
                .orElseThrow(
                        () -> new OAuthException("invalid_request", "There is no run " + printable(name) + " here"));
    }

    /** A page will show it: printable, and not so long that it hides what stands below. */
    private static String deviceName(MultiValueMap<String, String> form) {
        @Nullable String given = form.getFirst("device_name");
        String name = given == null ? "" : printable(given);
        return name.isBlank() ? "a machine that does not say what it is" : name;
    }

    private static String printable(String text) {
        String clean = text.replaceAll("[^\\x20-\\x7e]", " ").strip();
        return clean.length() <= MAX_DEVICE_NAME ? clean : clean.substring(0, MAX_DEVICE_NAME);
    }

    private String base(HttpServletRequest request) {
        return properties.base(
                ServletUriComponentsBuilder.fromContextPath(request).toUriString());
    }
}
