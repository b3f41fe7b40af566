package org.starling.auth.visit;

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

/**
 * Gives controllers a {@link Visit}, a {@link PersonalVisit}, an {@link OfficialVisit} or a {@link ServiceVisit}. The path says
 * which run it is. Whoever may not gets a problem 403, and for a run that is not there a problem 404.
 */
@Component
public class Visits implements HandlerMethodArgumentResolver {

    /** Request attribute: the {@link Visit}, for what is written around a controller's answer. */
    public static final String VISIT = Visit.class.getName();

    private static final Set<Class<?>> VISITS =
            Set.of(Visit.class, PersonalVisit.class, OfficialVisit.class, ServiceVisit.class);

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
        Account visitor = person == null ? null : accounts.of(person);
        Visit visit = new Visit(run, visitor);
        if (parameter.getParameterType() == OfficialVisit.class) {
            As as = Objects.requireNonNull(
                    parameter.getParameterAnnotation(As.class), "an official visit says as what");
            runs.requireOffice(run, known(visitor), as.value());
        }
        request.setAttribute(VISIT, visit, RequestAttributes.SCOPE_REQUEST);
        if (parameter.getParameterType() == Visit.class) {
            return visit;
        }
        return parameter.getParameterType() == OfficialVisit.class
                ? new OfficialVisit(run, known(visitor))
                : new PersonalVisit(run, known(visitor));
    }

    /** The security chain lets nobody else come to such a controller. */
    private static <T> T known(@Nullable T somebody) {
        return Objects.requireNonNull(somebody, "somebody is logged in");
    }

    private Run run(NativeWebRequest request) {
        Map<?, ?> path = (Map<?, ?>) Objects.requireNonNull(
                request.getAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE, RequestAttributes.SCOPE_REQUEST));
        return runs.require(String.valueOf(path.get("organisation")), String.valueOf(path.get("name")));
    }
}
