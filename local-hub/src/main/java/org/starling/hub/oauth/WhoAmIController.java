package org.starling.hub.oauth;

import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.starling.hub.account.Account;
import org.starling.hub.account.Accounts;
import org.starling.hub.account.Organization;
import org.starling.hub.account.Principal;
import org.starling.hub.web.HubException;
import org.starling.hub.web.PublicAddress;

/** {@code GET /api/whoami-v2}: whom a token stands for. */
@RestController
final class WhoAmIController {

    private final Credentials credentials;
    private final Accounts accounts;
    private final PublicAddress address;
    private final WhoAmILimit limit;

    WhoAmIController(Credentials credentials, Accounts accounts, PublicAddress address, WhoAmILimit limit) {
        this.limit = limit;
        this.credentials = credentials;
        this.accounts = accounts;
        this.address = address;
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record WhoAmI(
            String type,
            String id,
            String name,
            String fullname,
            String avatarUrl,
            boolean isPro,
            @Nullable String email,
            @Nullable Boolean emailVerified,
            boolean canPay,
            @Nullable List<Membership> orgs,
            Map<String, Object> auth) {}

    record Membership(String type, String id, String name, String fullname, String avatarUrl, String roleInOrg) {}

    @GetMapping("/api/whoami-v2")
    WhoAmI whoAmI(HttpServletRequest request) {
        String avatar = address.hub(request) + "/_hub/avatar.svg";
        Principal principal = credentials.require(request);
        Duration wait = limit.take(String.valueOf(request.getHeader(HttpHeaders.AUTHORIZATION)));
        if (!wait.isZero()) {
            // The real one says how long, but not that nothing remains.
            HttpHeaders headers = new HttpHeaders();
            headers.set("RateLimit", "\"whoami\";t=" + Math.max(1, wait.toSeconds()));
            throw new HubException(
                    HttpStatus.TOO_MANY_REQUESTS,
                    null,
                    "You have asked /whoami-v2 too often; cache the answer.",
                    headers);
        }
        if (principal instanceof Principal.User user) {
            Map<String, String> token = Map.of("displayName", "local", "role", user.writeToken() ? "write" : "read");
            return user(user.account(), avatar, Map.of("type", "access_token", "accessToken", token));
        }
        if (principal instanceof Principal.OAuthUser user) {
            return user(user.account(), avatar, Map.of("type", "oauth"));
        }
        if (principal instanceof Principal.App app) {
            return new WhoAmI(
                    "app", app.name(), app.name(), app.name(), avatar, false, null, null, false, null, Map.of());
        }
        return organization(((Principal.Org) principal).organization(), avatar);
    }

    private WhoAmI user(Account account, String avatar, Map<String, Object> auth) {
        List<Membership> memberships = account.orgs().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> {
                    Organization organization =
                            accounts.organization(entry.getKey()).orElseThrow();
                    return new Membership(
                            "org",
                            organization.id(),
                            organization.name(),
                            organization.fullName(),
                            avatar,
                            entry.getValue());
                })
                .toList();
        return new WhoAmI(
                "user",
                account.id(),
                account.name(),
                account.fullName(),
                avatar,
                false,
                account.email(),
                account.email() == null ? null : true,
                false,
                memberships,
                auth);
    }

    private static WhoAmI organization(Organization organization, String avatar) {
        return new WhoAmI(
                "org",
                organization.id(),
                organization.name(),
                organization.fullName(),
                avatar,
                false,
                null,
                null,
                false,
                null,
                Map.of("type", "access_token"));
    }
}
