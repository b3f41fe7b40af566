package org.starling.auth.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;

/** Leads those who could not log in back to the start page, which says whether they were denied or the hub failed. */
final class LoginFailures implements AuthenticationFailureHandler {

    private static final Logger log = LoggerFactory.getLogger(LoginFailures.class);

    @Override
    public void onAuthenticationFailure(
            HttpServletRequest request, HttpServletResponse response, AuthenticationException failure)
            throws IOException {
        String code = failure instanceof OAuth2AuthenticationException oauth
                ? oauth.getError().getErrorCode()
                : failure.getClass().getSimpleName();
        boolean denied = code.equals(OAuth2ErrorCodes.ACCESS_DENIED);
        if (!denied) {
            // not the message: it may repeat what the hub has sent
            log.warn(
                    "A login failed: {}, {}",
                    code,
                    NestedExceptionUtils.getMostSpecificCause(failure)
                            .getClass()
                            .getSimpleName());
        }
        response.sendRedirect(request.getContextPath() + "/?login=" + (denied ? "denied" : "unconfirmed"));
    }
}
