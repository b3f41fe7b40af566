package org.starling.auth.page;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.View;
import org.springframework.web.util.UriComponentsBuilder;
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

    @ModelAttribute("rejection")
    @Nullable Rejection rejection(HttpServletRequest request) {
        return Rejection.keptIn(request);
    }

    @ExceptionHandler(Exception.class)
    ModelAndView tell(
            Exception e, @Nullable HandlerMethod handler, HttpServletRequest request, HttpServletResponse response) {
        Rejection rejection = Rejection.of(e, request);
        if (rejection == null) {
            log.error("A page failed", e);
            return problem(response, HttpStatus.INTERNAL_SERVER_ERROR, "This service failed; its log says more.");
        }
        Form form = handler == null ? null : handler.getMethodAnnotation(Form.class);
        if (form == null || !rejection.canBeMended()) {
            return problem(response, rejection.status(), rejection.detail());
        }
        rejection.keepIn(request);
        response.setStatus(rejection.status().value());
        return new ModelAndView(again(page(form, request)));
    }

    private static String page(Form form, HttpServletRequest request) {
        Map<?, ?> variables = (Map<?, ?>) request.getAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE);
        return UriComponentsBuilder.fromPath(form.on())
                .build()
                .expand(variables::get)
                .encode()
                .toUriString();
    }

    /** Shows a page as if it had been asked for. */
    private static View again(String page) {
        return (model, request, response) -> request.getRequestDispatcher(page)
                .forward(
                        new HttpServletRequestWrapper(request) {
                            @Override
                            public String getMethod() {
                                return HttpMethod.GET.name();
                            }
                        },
                        response);
    }

    private static ModelAndView problem(HttpServletResponse response, HttpStatusCode status, String detail) {
        response.setStatus(status.value());
        ModelAndView page = new ModelAndView("error");
        page.addObject("status", status.value());
        page.addObject("detail", detail);
        return page;
    }
}
