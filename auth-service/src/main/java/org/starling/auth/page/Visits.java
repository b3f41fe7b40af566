package org.starling.auth.page;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.HandlerMapping;
import org.starling.auth.account.Account;
import org.starling.auth.account.Accounts;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.run.Run;
import org.starling.auth.run.Runs;
import org.starling.auth.run.ServiceOperators;
import org.starling.auth.web.CallerResolver;

/**
 * Gives page methods a {@link Visit}, an {@link OfficialVisit} or a {@link ServiceVisit}: who looks at which run, and whether
 * they may. Whoever may not gets a problem 403, and for a run that is not there a problem 404.
 */
@Component
class Visits implements HandlerMethodArgumentResolver {

    private static final Set<Class<?>> VISITS = Set.of(Visit.class, OfficialVisit.class, ServiceVisit.class);

    private final Runs runs;
    private final Accounts accounts;
    private final ServiceOperators operators;

    Visits(Runs runs, Accounts accounts, ServiceOperators operators) {
        this.runs = runs;
        this.accounts = accounts;
        this.operators = operators;
    }

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return VISITS.contains(parameter.getParameterType());
    }

    @Override
    public Object resolveArgument(
            MethodParameter parameter,
            @Nullable ModelAndViewContainer container,
            NativeWebRequest request,
            @Nullable WebDataBinderFactory binders) {
        HubAccount person =
                CallerResolver.caller(SecurityContextHolder.getContext().getAuthentication());
        if (parameter.getParameterType() == ServiceVisit.class) {
            Account operator = accounts.of(known(person));
            operators.require(operator);
            return new ServiceVisit(operator);
        }
        Run run = run(request);
        if (parameter.getParameterType() == Visit.class) {
            Account visitor = person == null ? null : accounts.of(person);
            show(run, visitor, container);
            return new Visit(run, visitor);
        }
        Account visitor = accounts.of(known(person));
        As as = Objects.requireNonNull(parameter.getParameterAnnotation(As.class), "an official visit says as what");
        runs.requireOffice(run, visitor, as.value());
        show(run, visitor, container);
        return new OfficialVisit(run, visitor);
    }

    private static void show(Run run, @Nullable Account visitor, @Nullable ModelAndViewContainer container) {
        Objects.requireNonNull(container).addAttribute("run", RunView.of(run, visitor));
    }

    /** The security chain lets nobody else come to such a page. */
    private static HubAccount known(@Nullable HubAccount person) {
        return Objects.requireNonNull(person, "somebody is logged in");
    }

    private Run run(NativeWebRequest request) {
        Map<?, ?> path = (Map<?, ?>) Objects.requireNonNull(
                request.getAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE, RequestAttributes.SCOPE_REQUEST));
        return runs.require(String.valueOf(path.get("organisation")), String.valueOf(path.get("name")));
    }
}
