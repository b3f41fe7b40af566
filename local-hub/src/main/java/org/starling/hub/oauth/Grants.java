package org.starling.hub.oauth;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.starling.hub.HubProperties;
import org.starling.hub.account.Account;
import org.starling.hub.account.Principal;

/**
 * What has been asked for and granted: authorization requests, codes, tokens and device grants. All of it is in memory
 * and lost at a restart, as logins on a stand-in may be.
 */
@Component
final class Grants {

    static final Duration CODE_LIFETIME = Duration.ofMinutes(10);
    static final Duration REFRESH_LIFETIME = Duration.ofDays(30);
    static final Duration DEVICE_LIFETIME = Duration.ofMinutes(15);
    /** The interval of RFC 8628 for a server that names none. */
    static final Duration DEVICE_INTERVAL = Duration.ofSeconds(5);

    private static final SecureRandom random = new SecureRandom();
    private static final String USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ";

    private final InstantSource clock;
    private final Duration accessLifetime;
    private final Map<String, AuthorizationRequest> requests = new ConcurrentHashMap<>();
    private final Map<String, Code> codes = new ConcurrentHashMap<>();
    private final Map<String, Access> accesses = new ConcurrentHashMap<>();
    private final Map<String, Refresh> refreshes = new ConcurrentHashMap<>();
    private final Map<String, Device> devices = new ConcurrentHashMap<>();

    Grants(InstantSource clock, HubProperties properties) {
        this.clock = clock;
        this.accessLifetime = properties.accessTokenLifetime();
    }

    private interface Expiring {
        Instant expiresAt();
    }

    /** A request of the authorization endpoint that waits for a person's decision. */
    record AuthorizationRequest(
            String clientId,
            String redirectUri,
            Set<String> scopes,
            @Nullable String state,
            @Nullable String nonce,
            @Nullable String challenge,
            Instant expiresAt)
            implements Expiring {}

    private record Code(AuthorizationRequest request, Account account, Instant grantedAt, Instant expiresAt)
            implements Expiring {}

    private record Access(Principal.OAuthUser user, String family, Instant expiresAt) implements Expiring {}

    private record Refresh(Account account, Set<String> scopes, String clientId, String family, Instant expiresAt)
            implements Expiring {}

    private static final class Device implements Expiring {
        private final String userCode;
        private final String clientId;
        private final Set<String> scopes;
        private final Instant expiresAt;
        private @Nullable Account account;
        private boolean denied;
        private @Nullable Instant lastPoll;
        private Duration interval = DEVICE_INTERVAL;

        Device(String userCode, String clientId, Set<String> scopes, Instant expiresAt) {
            this.userCode = userCode;
            this.clientId = clientId;
            this.scopes = scopes;
            this.expiresAt = expiresAt;
        }

        @Override
        public Instant expiresAt() {
            return expiresAt;
        }
    }

    /** Tokens handed to an application. */
    record Issued(
            String accessToken,
            Duration lifetime,
            String refreshToken,
            Set<String> scopes,
            Account account,
            String clientId,
            @Nullable String nonce,
            Instant authenticatedAt) {}

    /** Codes of a device that asks for a login. */
    record DeviceCodes(String deviceCode, String userCode) {}

    /** The key under which a request waits for {@link #decide}. */
    String ask(
            String clientId,
            String redirectUri,
            Set<String> scopes,
            @Nullable String state,
            @Nullable String nonce,
            @Nullable String challenge) {
        String key = secret();
        put(
                requests,
                key,
                new AuthorizationRequest(
                        clientId,
                        redirectUri,
                        scopes,
                        state,
                        nonce,
                        challenge,
                        clock.instant().plus(CODE_LIFETIME)));
        return key;
    }

    /** Takes a waiting request; it can be decided once. */
    Optional<AuthorizationRequest> decide(String key) {
        return live(requests.remove(key));
    }

    /** A one-time code for a request that the account's owner has granted. */
    String grant(AuthorizationRequest request, Account account) {
        String code = secret();
        Instant now = clock.instant();
        put(codes, code, new Code(request, account, now, now.plus(CODE_LIFETIME)));
        return code;
    }

    /** The application to which a code was given, for public clients that do not name themselves. */
    Optional<String> clientOf(String code) {
        return Optional.ofNullable(codes.get(code)).map(each -> each.request().clientId());
    }

    /** Exchanges a code. A code that is presented twice was stolen once: its tokens end. */
    Issued redeem(String code, @Nullable String clientId, @Nullable String redirectUri, @Nullable String verifier) {
        Code granted = live(codes.remove(code)).orElse(null);
        if (granted == null) {
            revokeFamily(code);
            throw OAuthException.badRequest("invalid_grant", "the code is unknown, used or expired");
        }
        AuthorizationRequest request = granted.request();
        if (!request.clientId().equals(clientId)) {
            throw OAuthException.badRequest("invalid_grant", "the code was given to another client");
        }
        if (!request.redirectUri().equals(redirectUri)) {
            throw OAuthException.badRequest("invalid_grant", "redirect_uri is not that of the authorization request");
        }
        String challenge = request.challenge();
        if (challenge != null && verifier != null && !Pkce.isVerifier(verifier)) {
            throw OAuthException.badRequest(
                    "invalid_grant", "code_verifier must be 43 to 128 letters, digits and -._~");
        }
        if (challenge != null && (verifier == null || !challenge.equals(Pkce.challenge(verifier)))) {
            throw OAuthException.badRequest("invalid_grant", "code_verifier does not match code_challenge");
        }
        if (challenge == null && verifier != null) {
            throw OAuthException.badRequest("invalid_grant", "code_verifier without a code_challenge");
        }
        return issue(
                granted.account(), request.scopes(), request.clientId(), code, request.nonce(), granted.grantedAt());
    }

    /** Exchanges a refresh token for new tokens; the old one is used up. */
    Issued refresh(String token, @Nullable String clientId) {
        Refresh refresh = live(refreshes.remove(token)).orElse(null);
        if (refresh == null) {
            throw OAuthException.badRequest("invalid_grant", "the refresh token is unknown, used or expired");
        }
        if (!refresh.clientId().equals(clientId)) {
            throw OAuthException.badRequest("invalid_grant", "the refresh token was given to another client");
        }
        return issue(refresh.account(), refresh.scopes(), refresh.clientId(), refresh.family(), null, clock.instant());
    }

    /** The application that holds a refresh token. */
    Optional<String> clientOfRefresh(String token) {
        return Optional.ofNullable(refreshes.get(token)).map(Refresh::clientId);
    }

    /** Whom an access token stands for, while it lives. */
    Optional<Principal.OAuthUser> byAccessToken(String token) {
        return live(accesses.get(token)).map(Access::user);
    }

    /** Begins a device login. */
    DeviceCodes askForDevice(String clientId, Set<String> scopes) {
        String deviceCode = secret();
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            letters.append(i == 4 ? "-" : "")
                    .append(USER_CODE_LETTERS.charAt(random.nextInt(USER_CODE_LETTERS.length())));
        }
        String userCode = letters.toString();
        put(
                devices,
                deviceCode,
                new Device(userCode, clientId, scopes, clock.instant().plus(DEVICE_LIFETIME)));
        return new DeviceCodes(deviceCode, userCode);
    }

    /**
     * Decides a device login.
     *
     * @param account who grants it, or null to deny
     * @return whether the code belongs to a login that waits
     */
    boolean decideDevice(String userCode, @Nullable Account account) {
        String wanted = userCode.strip().toUpperCase(java.util.Locale.ROOT);
        for (Device device : devices.values()) {
            synchronized (device) {
                if (device.userCode.equals(wanted)
                        && device.account == null
                        && !device.denied
                        && live(device).isPresent()) {
                    device.account = account;
                    device.denied = account == null;
                    return true;
                }
            }
        }
        return false;
    }

    /** A device's poll: tokens, or the error that says how to go on. */
    Issued pollDevice(String deviceCode, String clientId) {
        Device device = devices.get(deviceCode);
        if (device == null || !device.clientId.equals(clientId)) {
            throw OAuthException.badRequest("invalid_grant", "the device code is unknown");
        }
        synchronized (device) {
            Instant now = clock.instant();
            if (live(device).isEmpty()) {
                throw OAuthException.badRequest("expired_token", "the device code has expired");
            }
            if (device.denied) {
                throw OAuthException.badRequest("access_denied", "the login was denied");
            }
            Account account = device.account;
            if (account != null) {
                devices.remove(deviceCode);
                return issue(account, device.scopes, clientId, deviceCode, null, now);
            }
            Instant last = device.lastPoll;
            device.lastPoll = now;
            if (last != null && now.isBefore(last.plus(device.interval))) {
                device.interval = device.interval.plusSeconds(5);
                throw OAuthException.badRequest("slow_down", "poll every " + device.interval.toSeconds() + " seconds");
            }
            throw OAuthException.badRequest("authorization_pending", "nobody has decided yet");
        }
    }

    private Issued issue(
            Account account,
            Set<String> scopes,
            String clientId,
            String family,
            @Nullable String nonce,
            Instant authenticatedAt) {
        String accessToken = "hf_oauth_" + secret();
        String refreshToken = "hf_refresh_" + secret();
        Instant now = clock.instant();
        put(
                accesses,
                accessToken,
                new Access(new Principal.OAuthUser(account, scopes, clientId), family, now.plus(accessLifetime)));
        put(refreshes, refreshToken, new Refresh(account, scopes, clientId, family, now.plus(REFRESH_LIFETIME)));
        return new Issued(accessToken, accessLifetime, refreshToken, scopes, account, clientId, nonce, authenticatedAt);
    }

    private void revokeFamily(String family) {
        accesses.values().removeIf(access -> access.family().equals(family));
        refreshes.values().removeIf(refresh -> refresh.family().equals(family));
    }

    private <T extends Expiring> void put(Map<String, T> map, String key, T value) {
        Instant now = clock.instant();
        map.values().removeIf(each -> !now.isBefore(each.expiresAt().plus(DEVICE_LIFETIME)));
        map.put(key, value);
    }

    private <T extends Expiring> Optional<T> live(@Nullable T value) {
        return Optional.ofNullable(value).filter(each -> clock.instant().isBefore(each.expiresAt()));
    }

    private static String secret() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** The scopes of a request's parameter. */
    static Set<String> scopes(@Nullable String parameter) {
        Set<String> scopes = new LinkedHashSet<>();
        if (parameter != null) {
            Arrays.stream(parameter.split(" ")).filter(each -> !each.isBlank()).forEach(scopes::add);
        }
        return scopes;
    }
}
