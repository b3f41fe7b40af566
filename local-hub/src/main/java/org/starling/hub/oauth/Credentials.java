package org.starling.hub.oauth;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.starling.hub.account.Accounts;
import org.starling.hub.account.Principal;
import org.starling.hub.web.HubException;

/** Finds out whom a request's bearer token stands for. */
@Component
public final class Credentials {

    private final Accounts accounts;
    private final Grants grants;

    Credentials(Accounts accounts, Grants grants) {
        this.accounts = accounts;
        this.grants = grants;
    }

    /**
     * The principal, or empty when the request carries no token.
     *
     * @throws HubException 401 when it carries one that is unknown or expired
     */
    public Optional<Principal> find(HttpServletRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (header == null) {
            return Optional.empty();
        }
        if (!header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            throw HubException.unauthorized();
        }
        String token = header.substring(7).strip();
        return Optional.of(accounts.byToken(token)
                .or(() -> grants.byAccessToken(token).map(grant -> grant))
                .orElseThrow(HubException::unauthorized));
    }

    /**
     * The principal.
     *
     * @throws HubException 401 when there is none
     */
    public Principal require(HttpServletRequest request) {
        return find(request).orElseThrow(HubException::unauthorized);
    }
}
