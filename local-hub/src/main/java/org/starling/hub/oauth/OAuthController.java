package org.starling.hub.oauth;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriComponentsBuilder;
import org.starling.hub.account.Account;
import org.starling.hub.account.Accounts;
import org.starling.hub.account.Organization;
import org.starling.hub.account.Principal;
import org.starling.hub.oauth.Clients.Client;
import org.starling.hub.oauth.Grants.AuthorizationRequest;
import org.starling.hub.oauth.Grants.Issued;
import org.starling.hub.web.HubException;
import org.starling.hub.web.Page;
import org.starling.hub.web.PublicAddress;

/** The OAuth and OpenID Connect endpoints, and the pages on which a person decides. */
@RestController
final class OAuthController {

    private static final Logger log = LoggerFactory.getLogger(OAuthController.class);
    private static final String DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

    private final Clients clients;
    private final Grants grants;
    private final IdTokens idTokens;
    private final Accounts accounts;
    private final PublicAddress address;

    OAuthController(Clients clients, Grants grants, IdTokens idTokens, Accounts accounts, PublicAddress address) {
        this.clients = clients;
        this.grants = grants;
        this.idTokens = idTokens;
        this.accounts = accounts;
        this.address = address;
    }

    @GetMapping({"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"})
    Map<String, Object> discover(HttpServletRequest request) {
        String hub = address.hub(request);
        return Map.ofEntries(
                Map.entry("issuer", hub),
                Map.entry("authorization_endpoint", hub + "/oauth/authorize"),
                Map.entry("token_endpoint", hub + "/oauth/token"),
                Map.entry("userinfo_endpoint", hub + "/oauth/userinfo"),
                Map.entry("device_authorization_endpoint", hub + "/oauth/device"),
                Map.entry("jwks_uri", hub + "/oauth/jwks"),
                Map.entry("response_types_supported", List.of("code")),
                Map.entry("response_modes_supported", List.of("query")),
                Map.entry("id_token_signing_alg_values_supported", List.of("RS256")),
                Map.entry("subject_types_supported", List.of("public")),
                Map.entry("code_challenge_methods_supported", List.of("S256")),
                Map.entry(
                        "token_endpoint_auth_methods_supported", List.of("client_secret_basic", "client_secret_post")),
                Map.entry("grant_types_supported", List.of(DEVICE_GRANT, "authorization_code", "refresh_token")));
    }

    @GetMapping("/oauth/jwks")
    Map<String, Object> jwks() {
        return idTokens.publicKeys();
    }

    @GetMapping("/oauth/authorize")
    ResponseEntity<String> authorize(
            @RequestParam(name = "client_id", required = false) @Nullable String clientId,
            @RequestParam(name = "redirect_uri", required = false) @Nullable String redirectUri,
            @RequestParam(name = "response_type", required = false) @Nullable String responseType,
            @RequestParam(name = "scope", required = false) @Nullable String scope,
            @RequestParam(name = "state", required = false) @Nullable String state,
            @RequestParam(name = "nonce", required = false) @Nullable String nonce,
            @RequestParam(name = "code_challenge", required = false) @Nullable String challenge,
            @RequestParam(name = "code_challenge_method", required = false) @Nullable String challengeMethod) {
        Client client = clients.find(clientId).orElse(null);
        // An address that is not registered must not be redirected to, not even with an error.
        if (client == null) {
            return refusal("The application '" + clientId + "' is not registered (hub.clients).");
        }
        if (redirectUri == null || !client.allowsRedirect(redirectUri)) {
            return refusal("The redirect address '" + redirectUri + "' is not registered for " + client.name() + ".");
        }
        if (!"code".equals(responseType)) {
            return redirect(redirectUri, state, "unsupported_response_type", "only response_type=code is supported");
        }
        if (challenge == null && client.isPublic()) {
            return redirect(redirectUri, state, "invalid_request", "a public application must send code_challenge");
        }
        if (challenge != null && !"S256".equals(challengeMethod)) {
            return redirect(redirectUri, state, "invalid_request", "code_challenge_method must be S256");
        }
        if (challenge != null && !Pkce.isChallenge(challenge)) {
            return redirect(redirectUri, state, "invalid_request", "code_challenge must be 43 characters of base64url");
        }
        Set<String> scopes = Grants.scopes(scope);
        Optional<String> unknown = Scopes.findUnknown(scopes);
        if (unknown.isPresent()) {
            return redirect(redirectUri, state, "invalid_scope", "there is no scope '" + unknown.get() + "'");
        }
        String key = grants.ask(client.id(), redirectUri, scopes, state, nonce, challenge);
        return page(
                "Log in",
                "<p><b>%s</b> wants to know who you are (%s).</p>"
                                .formatted(Page.escape(client.name()), Page.escape(String.join(", ", scopes)))
                        + decisionForm("/oauth/authorize", "request", key));
    }

    @PostMapping("/oauth/authorize")
    ResponseEntity<String> decide(
            @RequestParam("request") String key,
            @RequestParam(name = "account", required = false) @Nullable String name) {
        AuthorizationRequest request = grants.decide(key)
                .orElseThrow(() -> HubException.badRequest("The login has expired or was decided; begin again."));
        if (name == null) {
            return redirect(request.redirectUri(), request.state(), "access_denied", "the login was denied");
        }
        Account account = account(name);
        log.info("{} logs in to {}", account.name(), request.clientId());
        UriComponentsBuilder target = UriComponentsBuilder.fromUriString(request.redirectUri())
                .queryParam("code", grants.grant(request, account));
        return redirect(target, request.state());
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TokenAnswer(
            @JsonProperty("access_token") String accessToken,
            @JsonProperty("token_type") String tokenType,
            @JsonProperty("expires_in") long expiresIn,
            @JsonProperty("refresh_token") String refreshToken,
            @JsonProperty("scope") String scope,
            @JsonProperty("id_token") @Nullable String idToken) {}

    @PostMapping(path = "/oauth/token", consumes = MediaType.APPLICATION_FORM_URLENCODED_VALUE)
    ResponseEntity<TokenAnswer> token(HttpServletRequest request, @RequestParam Map<String, String> form) {
        Optional<Client> authenticated = clients.authenticate(
                request.getHeader(HttpHeaders.AUTHORIZATION), form.get("client_id"), form.get("client_secret"));
        String grantType = required(form, "grant_type");
        Issued issued = switch (grantType) {
            case "authorization_code" -> {
                String code = required(form, "code");
                String client = clientId(authenticated, grants.clientOf(code));
                yield grants.redeem(code, client, form.get("redirect_uri"), form.get("code_verifier"));
            }
            case "refresh_token" -> {
                String token = required(form, "refresh_token");
                yield grants.refresh(token, clientId(authenticated, grants.clientOfRefresh(token)));
            }
            case DEVICE_GRANT -> {
                Client client = authenticated.orElseThrow(
                        () -> OAuthException.badRequest("invalid_request", "client_id is missing"));
                yield grants.pollDevice(required(form, "device_code"), client.id());
            }
            default ->
                throw OAuthException.badRequest(
                        "unsupported_grant_type", "grant_type '" + grantType + "' is not supported");
        };
        String idToken = issued.scopes().contains("openid")
                ? idTokens.sign(address.hub(request), picture(request), issued)
                : null;
        return ResponseEntity.ok()
                .cacheControl(CacheControl.noStore())
                .body(new TokenAnswer(
                        issued.accessToken(),
                        "bearer",
                        issued.lifetime().toSeconds(),
                        issued.refreshToken(),
                        String.join(" ", issued.scopes()),
                        idToken));
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record UserInfo(
            String sub,
            @Nullable String name,
            @JsonProperty("preferred_username") @Nullable String preferredUsername,
            @Nullable String profile,
            @Nullable String picture,
            @Nullable String email,
            @JsonProperty("email_verified") @Nullable Boolean emailVerified,
            boolean isPro,
            List<UserInfoOrg> orgs,
            @Nullable List<Account.Hardware> hardwareItems) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record UserInfoOrg(
            String sub,
            String name,
            @JsonProperty("preferred_username") String preferredUsername,
            String picture,
            @Nullable String roleInOrg) {}

    @RequestMapping(
            path = "/oauth/userinfo",
            method = {RequestMethod.GET, RequestMethod.POST})
    UserInfo userInfo(HttpServletRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        Principal.OAuthUser user = (header == null || !header.regionMatches(true, 0, "Bearer ", 0, 7)
                        ? Optional.<Principal.OAuthUser>empty()
                        : grants.byAccessToken(header.substring(7).strip()))
                .orElseThrow(() -> new OAuthException(
                        HttpStatus.UNAUTHORIZED, "invalid_token", "an OAuth access token (hf_oauth_...) is needed"));
        Account account = user.account();
        boolean profile = user.scopes().contains("profile");
        boolean email = user.scopes().contains("email") && account.email() != null;
        boolean memberships = user.scopes().contains("read-memberships");
        List<UserInfoOrg> orgs = new ArrayList<>();
        account.orgs().forEach((name, role) -> {
            Organization organization = accounts.organization(name).orElseThrow();
            orgs.add(new UserInfoOrg(
                    organization.id(), organization.fullName(), name, picture(request), memberships ? role : null));
        });
        return new UserInfo(
                account.id(),
                profile ? account.fullName() : null,
                profile ? account.name() : null,
                profile ? address.hub(request) + "/" + account.name() : null,
                profile ? picture(request) : null,
                email ? account.email() : null,
                email ? true : null,
                false,
                orgs,
                profile && !account.hardware().isEmpty() ? account.hardware() : null);
    }

    record DeviceAnswer(
            @JsonProperty("device_code") String deviceCode,
            @JsonProperty("user_code") String userCode,
            @JsonProperty("verification_uri") String verificationUri,
            @JsonProperty("expires_in") long expiresIn) {}

    @PostMapping(path = "/oauth/device", consumes = MediaType.APPLICATION_FORM_URLENCODED_VALUE)
    DeviceAnswer device(HttpServletRequest request, @RequestParam Map<String, String> form) {
        Client client = clients.authenticate(
                        request.getHeader(HttpHeaders.AUTHORIZATION), form.get("client_id"), form.get("client_secret"))
                .orElseThrow(() -> OAuthException.badRequest("invalid_request", "client_id is missing"));
        Set<String> scopes = Grants.scopes(form.get("scope"));
        Scopes.findUnknown(scopes).ifPresent(unknown -> {
            throw OAuthException.badRequest("invalid_scope", "there is no scope '" + unknown + "'");
        });
        Grants.DeviceCodes codes = grants.askForDevice(client.id(), scopes);
        return new DeviceAnswer(
                codes.deviceCode(),
                codes.userCode(),
                address.hub(request) + "/oauth/device",
                Grants.DEVICE_LIFETIME.toSeconds());
    }

    @GetMapping("/oauth/device")
    ResponseEntity<String> devicePage() {
        return page("Connect a device", """
                <form method="post" action="/oauth/device/decide">
                <p><label>Code shown by the device: <input name="user_code" required placeholder="ABCD-EFGH"></label></p>
                %s
                </form>
                """.formatted(buttons()));
    }

    @PostMapping("/oauth/device/decide")
    ResponseEntity<String> decideDevice(
            @RequestParam("user_code") String userCode,
            @RequestParam(name = "account", required = false) @Nullable String name) {
        if (!grants.decideDevice(userCode, name == null ? null : account(name))) {
            throw HubException.badRequest("No device waits with the code '" + userCode + "'.");
        }
        return page("Connect a device", name == null ? "<p>Denied.</p>" : "<p>The device is connected.</p>");
    }

    @ExceptionHandler(OAuthException.class)
    ResponseEntity<Map<String, String>> refuse(OAuthException e) {
        ResponseEntity.BodyBuilder answer = ResponseEntity.status(e.status()).cacheControl(CacheControl.noStore());
        if (e.status() == HttpStatus.UNAUTHORIZED) {
            answer.header(
                    HttpHeaders.WWW_AUTHENTICATE,
                    (e.error().equals("invalid_client") ? "Basic" : "Bearer error=\"" + e.error() + "\""));
        }
        return answer.body(Map.of("error", e.error(), "error_description", e.description()));
    }

    /** A public application need not name itself: what it presents tells whose it is. Null when that is unknown. */
    private @Nullable String clientId(Optional<Client> authenticated, Optional<String> owner) {
        if (authenticated.isEmpty()
                && owner.flatMap(clients::find)
                        .filter(client -> !client.isPublic())
                        .isPresent()) {
            throw new OAuthException(HttpStatus.UNAUTHORIZED, "invalid_client", "the client's secret is missing");
        }
        return authenticated.map(Client::id).or(() -> owner).orElse(null);
    }

    private static String required(Map<String, String> form, String name) {
        String value = form.get(name);
        if (value == null || value.isBlank()) {
            throw OAuthException.badRequest("invalid_request", name + " is missing");
        }
        return value;
    }

    private Account account(String name) {
        return accounts.account(name)
                .orElseThrow(() -> HubException.badRequest("There is no account '" + name + "' (hub.accounts)."));
    }

    private String picture(HttpServletRequest request) {
        return address.hub(request) + "/_hub/avatar.svg";
    }

    private String decisionForm(String action, String field, String value) {
        return """
                <form method="post" action="%s">
                <input type="hidden" name="%s" value="%s">
                %s
                </form>
                """.formatted(action, field, Page.escape(value), buttons());
    }

    private String buttons() {
        StringBuilder html = new StringBuilder("<p>Log in as:</p><p>");
        for (Account account : accounts.accounts()) {
            html.append("<button name=\"account\" value=\"%s\">%s</button>"
                    .formatted(Page.escape(account.name()), Page.escape(account.name())));
        }
        return html.append("</p><p><button>Deny</button></p>").toString();
    }

    private static ResponseEntity<String> page(String title, String body) {
        return ResponseEntity.ok()
                .contentType(MediaType.TEXT_HTML)
                .cacheControl(CacheControl.noStore())
                .body(Page.of(title, body));
    }

    private static ResponseEntity<String> refusal(String reason) {
        return ResponseEntity.badRequest()
                .contentType(MediaType.TEXT_HTML)
                .body(Page.of("Not possible", "<p>" + Page.escape(reason) + "</p>"));
    }

    private static ResponseEntity<String> redirect(
            String uri, @Nullable String state, String error, String description) {
        return redirect(
                UriComponentsBuilder.fromUriString(uri)
                        .queryParam("error", error)
                        .queryParam("error_description", "{description}"),
                state,
                description);
    }

    private static ResponseEntity<String> redirect(
            UriComponentsBuilder target, @Nullable String state, Object... values) {
        List<Object> all = new ArrayList<>(List.of(values));
        if (state != null) {
            target.queryParam("state", "{state}");
            all.add(state);
        }
        URI location = target.encode().buildAndExpand(all.toArray()).toUri();
        return ResponseEntity.status(HttpStatus.FOUND).location(location).build();
    }
}
