package org.starling.auth.page;

import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.orm.ObjectOptimisticLockingFailureException;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.servlet.ModelAndView;
import org.starling.auth.hub.HubAccount;

/** What all pages have in common: who is there, and how failures look. */
@ControllerAdvice(annotations = Page.class)
@Order(Ordered.HIGHEST_PRECEDENCE)
class PageAdvice {

    private static final Logger log = LoggerFactory.getLogger(PageAdvice.class);

    /** The name of the person who is logged in, or null. */
    @ModelAttribute("me")
    @Nullable String me(@Nullable HubAccount person) {
        return person == null ? null : person.name();
    }

    /** Reads the CSRF token before the page is written: its cookie goes with the headers. */
    @ModelAttribute
    void sendCsrfCookie(@Nullable CsrfToken csrf) {
        if (csrf != null) {
            csrf.getToken();
        }
    }

    @ExceptionHandler(ObjectOptimisticLockingFailureException.class)
    ModelAndView tell(ObjectOptimisticLockingFailureException e, HttpServletResponse response) {
        return problem(
                response,
                HttpStatus.CONFLICT,
                "Somebody else changed this at the same time. Go back, look again, and repeat it if need be.");
    }

    @ExceptionHandler(IllegalArgumentException.class)
    ModelAndView tell(IllegalArgumentException e, HttpServletResponse response) {
        return problem(response, HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
    }

    @ExceptionHandler(TypeMismatchException.class)
    ModelAndView tell(TypeMismatchException e, HttpServletResponse response) {
        return problem(response, HttpStatus.BAD_REQUEST, e.getPropertyName() + " cannot be '" + e.getValue() + "'.");
    }

    @ExceptionHandler(Exception.class)
    ModelAndView tell(Exception e, HttpServletResponse response) {
        if (e instanceof ErrorResponse refusal) {
            String detail = refusal.getBody().getDetail();
            return problem(response, refusal.getStatusCode(), detail == null ? "The service refuses this." : detail);
        }
        log.error("A page failed", e);
        return problem(response, HttpStatus.INTERNAL_SERVER_ERROR, "This service failed; its log says more.");
    }

    private static ModelAndView problem(HttpServletResponse response, HttpStatusCode status, String detail) {
        response.setStatus(status.value());
        ModelAndView page = new ModelAndView("error");
        page.addObject("status", status.value());
        page.addObject("detail", detail);
        return page;
    }
}
