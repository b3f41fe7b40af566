package org.starling.auth.visit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.hub.HubAccount.Membership;

/** Gives controllers the person who calls, by token or by login. */
public final class CallerResolver implements HandlerMethodArgumentResolver {

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return parameter.getParameterType() == HubAccount.class;
    }

    @Override
    public @Nullable Object resolveArgument(
            MethodParameter parameter,
            @Nullable ModelAndViewContainer container,
            NativeWebRequest request,
            @Nullable WebDataBinderFactory binders) {
        return caller(SecurityContextHolder.getContext().getAuthentication());
    }

    /** The person, or null for nobody. The security chain lets nobody come to a controller that asks for a person. */
    public static @Nullable HubAccount caller(@Nullable Authentication authentication) {
        Object principal = authentication == null ? null : authentication.getPrincipal();
        if (principal instanceof HubAccount account) {
            return account;
        }
        if (principal instanceof OidcUser user) {
            String id = Objects.requireNonNull(user.getSubject(), "an identity token has a subject");
            String name = user.getPreferredUsername();
            // a session may be older than what the hub has said since
            return new HubAccount(
                    id, name == null ? id : name, organizations(user.getClaims().get("orgs")), user.getIssuedAt());
        }
        return null;
    }

    /** The hub tells a role only of organizations that the person agreed to show. */
    private static @Nullable List<Membership> organizations(@Nullable Object claim) {
        if (!(claim instanceof List<?> organizations)) {
            return null;
        }
        List<Membership> memberships = new ArrayList<>();
        for (Object each : organizations) {
            if (each instanceof Map<?, ?> organization
                    && organization.get("preferred_username") instanceof String name) {
                memberships.add(new Membership(name, organization.get("roleInOrg") instanceof String role ? role : ""));
            }
        }
        return List.copyOf(memberships);
    }
}
