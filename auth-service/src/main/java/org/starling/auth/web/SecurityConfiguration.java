package org.starling.auth.web;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.csrf.CsrfException;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.starling.auth.AuthProperties;
import org.starling.auth.device.PeerCredentials;
import org.starling.auth.hub.HubClient;
import org.starling.auth.limit.ClientAddress;
import org.starling.auth.limit.RateLimits;
import org.starling.auth.limit.RateLimits.Kind;

/**
 * Two ways in. A caller with a bearer token gets the stateless chain: no session, no cookie, so no forged request. A
 * browser logs in at the hub and has a session, and its changes need the CSRF token.
 */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {

    private static final String[] PUBLIC_READS = {
        "/",
        "/style.css",
        "/favicon.ico",
        "/device",
        "/runs/{organisation}/{name}",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
        "/oauth2/jwks",
        "/actuator/health",
        "/actuator/health/*",
        "/api/v1/runs",
        "/api/v1/runs/{organisation}/{name}",
        "/api/v1/runs/{organisation}/{name}/orders",
        "/api/v1/me",
        "/v3/api-docs",
        "/v3/api-docs.yaml"
    };

    /** All endpoints are named: the hub is not asked for its metadata when this service starts. */
    @Bean
    ClientRegistrationRepository clientRegistrations(AuthProperties properties) {
        String hub = properties.hub();
        ClientRegistration.Builder registration = ClientRegistration.withRegistrationId("huggingface")
                .clientName("Hugging Face")
                .clientId(properties.clientId())
                .clientAuthenticationMethod(
                        properties.clientSecret() == null
                                ? ClientAuthenticationMethod.NONE
                                : ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
                .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                .redirectUri("{baseUrl}/login/oauth2/code/{registrationId}")
                .scope("openid", "profile", "read-memberships")
                .issuerUri(hub)
                .authorizationUri(hub + "/oauth/authorize")
                .tokenUri(hub + "/oauth/token")
                .userInfoUri(hub + "/oauth/userinfo")
                .jwkSetUri(hub + "/oauth/jwks")
                .userNameAttributeName("sub");
        if (properties.clientSecret() != null) {
            registration.clientSecret(properties.clientSecret());
        }
        return new InMemoryClientRegistrationRepository(registration.build());
    }

    @Bean
    OAuth2AuthorizedClientRepository authorizedClients() {
        return new ForgottenClients();
    }

    /** Peers ask here before anybody is known; what they send is checked by the endpoints. */
    @Bean
    @Order(0)
    SecurityFilterChain peerLoginChain(HttpSecurity http) {
        return http.securityMatcher("/oauth2/device_authorization", "/oauth2/token")
                .csrf(csrf -> csrf.disable())
                .requestCache(cache -> cache.disable())
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                .build();
    }

    @Bean
    @Order(1)
    SecurityFilterChain tokenChain(
            HttpSecurity http, HubClient hub, RateLimits limits, PeerCredentials credentials, ProblemWriter problems) {
        return http.securityMatcher(SecurityConfiguration::isApiCallWithToken)
                .csrf(csrf -> csrf.disable())
                .requestCache(cache -> cache.disable())
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .addFilterBefore(new HubTokenFilter(hub, limits, problems), AuthorizationFilter.class)
                .addFilterBefore(new PeerCredentialFilter(credentials, problems), HubTokenFilter.class)
                .authorizeHttpRequests(SecurityConfiguration::authorize)
                .exceptionHandling(handling -> handling.accessDeniedHandler((request, response, e) ->
                        problems.write(response, HttpStatus.FORBIDDEN, "Not allowed", "There is nothing for you here")))
                .build();
    }

    @Bean
    @Order(2)
    SecurityFilterChain browserChain(HttpSecurity http, ProblemWriter problems, RequestCache visited) {
        return http.csrf(csrf -> csrf.spa())
                .requestCache(cache -> cache.requestCache(visited))
                .authorizeHttpRequests(SecurityConfiguration::authorize)
                .oauth2Login(
                        login -> login.loginPage("/").defaultSuccessUrl("/").failureHandler(new LoginFailures()))
                .logout(logout -> logout.logoutSuccessHandler((request, response, authentication) -> {
                    if (isForAPerson(request)) {
                        response.sendRedirect(request.getContextPath() + "/");
                    } else {
                        response.setStatus(HttpStatus.NO_CONTENT.value());
                    }
                }))
                .exceptionHandling(handling -> handling.authenticationEntryPoint(askToLogIn(problems))
                        .accessDeniedHandler(tellWhatIsNotAllowed(problems)))
                .headers(
                        headers -> headers.contentSecurityPolicy(
                                policy -> policy.policyDirectives(
                                        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")))
                .build();
    }

    private static AuthenticationEntryPoint askToLogIn(ProblemWriter problems) {
        RequestMatcher pages = new OrRequestMatcher(
                PathPatternRequestMatcher.pathPattern("/runs/**"),
                PathPatternRequestMatcher.pathPattern("/service/**"),
                PathPatternRequestMatcher.pathPattern("/machines"),
                PathPatternRequestMatcher.pathPattern("/device"));
        return (request, response, e) -> {
            if (PathPatternRequestMatcher.pathPattern("/api/**").matches(request)) {
                problems.write(
                        response,
                        HttpStatus.UNAUTHORIZED,
                        "Not logged in",
                        "Log in with Hugging Face, or send a user access token as bearer token");
            } else if (isForAPerson(request) && pages.matches(request)) {
                response.sendRedirect(request.getContextPath() + "/oauth2/authorization/huggingface");
            } else {
                response.sendError(HttpStatus.NOT_FOUND.value());
            }
        };
    }

    private static AccessDeniedHandler tellWhatIsNotAllowed(ProblemWriter problems) {
        return (request, response, e) -> {
            if (!isForAPerson(request)) {
                problems.write(
                        response,
                        HttpStatus.FORBIDDEN,
                        "Not allowed",
                        "The request lacks the CSRF token of this session; reload the page");
            } else {
                response.sendError(
                        e instanceof CsrfException ? HttpStatus.FORBIDDEN.value() : HttpStatus.NOT_FOUND.value());
            }
        };
    }

    private static void authorize(
            AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry requests) {
        requests.dispatcherTypeMatchers(DispatcherType.ERROR)
                .permitAll()
                .requestMatchers(HttpMethod.GET, PUBLIC_READS)
                .permitAll()
                .requestMatchers("/device", "/runs/**", "/service/**", "/machines/**")
                .authenticated()
                .requestMatchers("/api/**")
                .authenticated()
                .anyRequest()
                .denyAll();
    }

    /**
     * Where somebody was who has to log in first. Only pages are gone back to, and an address that asks for very many is not led
     * back: each is a session in the database.
     */
    @Bean
    RequestCache visited(RateLimits limits) {
        HttpSessionRequestCache cache = new HttpSessionRequestCache() {
            @Override
            public void saveRequest(HttpServletRequest request, HttpServletResponse response) {
                if (limits.take(Kind.VISIT, ClientAddress.network(request)).isZero()) {
                    super.saveRequest(request, response);
                }
            }
        };
        cache.setRequestMatcher(request -> HttpMethod.GET.matches(request.getMethod()) && isForAPerson(request));
        return cache;
    }

    private static boolean isForAPerson(HttpServletRequest request) {
        String accepted = request.getHeader(HttpHeaders.ACCEPT);
        return accepted != null
                && accepted.contains(MediaType.TEXT_HTML_VALUE)
                && !PathPatternRequestMatcher.pathPattern("/api/**").matches(request);
    }

    private static boolean isApiCallWithToken(HttpServletRequest request) {
        return HubTokenFilter.hasToken(request)
                && PathPatternRequestMatcher.pathPattern("/api/**").matches(request);
    }
}
