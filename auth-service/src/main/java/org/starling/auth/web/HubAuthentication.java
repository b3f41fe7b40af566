package org.starling.auth.web;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.starling.auth.hub.HubAccount;

/** A caller who showed a user access token. */
final class HubAuthentication extends AbstractAuthenticationToken {

    private static final long serialVersionUID = 1;

    private final HubAccount account;

    HubAuthentication(HubAccount account) {
        super(List.of());
        this.account = account;
        setAuthenticated(true);
    }

    @Override
    public HubAccount getPrincipal() {
        return account;
    }

    @Override
    public @Nullable Object getCredentials() {
        return null;
    }
}
