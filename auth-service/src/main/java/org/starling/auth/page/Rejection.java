package org.starling.auth.page;

import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.TypeMismatchException;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.orm.ObjectOptimisticLockingFailureException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.util.UrlPathHelper;
import org.starling.auth.Problem;
import org.starling.swarm.run.InvalidRunConfigurationException;

/**
 * What was wrong with a form, for the page that has it.
 *
 * @param form path of what the form was sent to
 * @param field the one that is to blame; null if it is not known
 * @param typed what the fields said
 */
record Rejection(
        HttpStatusCode status, String form, @Nullable String field, String detail, Map<String, String> typed) {

    private static final String ATTRIBUTE = Rejection.class.getName();

    /** What a failure says of the request; null for a failure that is no answer to what somebody sent. */
    static @Nullable Rejection of(Exception failure, HttpServletRequest request) {
        if (failure instanceof MissingServletRequestParameterException missing) {
            String field = missing.getParameterName();
            return of(request, HttpStatus.BAD_REQUEST, field, field + " is missing.");
        }
        if (failure instanceof ErrorResponse refusal) {
            Map<String, Object> properties = refusal.getBody().getProperties();
            String detail = refusal.getBody().getDetail();
            return of(
                    request,
                    refusal.getStatusCode(),
                    properties == null ? null : (String) properties.get(Problem.FIELD),
                    detail == null ? "The service refuses this." : detail);
        }
        if (failure instanceof InvalidRunConfigurationException invalid) {
            String setting = invalid.setting();
            return of(
                    request,
                    HttpStatus.BAD_REQUEST,
                    setting == null ? null : setting.substring(setting.lastIndexOf('.') + 1),
                    String.valueOf(invalid.getMessage()));
        }
        if (failure instanceof TypeMismatchException mismatch) {
            String field = mismatch.getPropertyName();
            return of(request, HttpStatus.BAD_REQUEST, field, field + " cannot be '" + mismatch.getValue() + "'.");
        }
        if (failure instanceof ObjectOptimisticLockingFailureException) {
            return of(
                    request,
                    HttpStatus.CONFLICT,
                    null,
                    "Somebody else changed this at the same time. Look again, and repeat it if need be.");
        }
        if (Problem.isUnstorableText(failure)) {
            return of(request, HttpStatus.BAD_REQUEST, null, Problem.UNSTORABLE_TEXT + ".");
        }
        return failure instanceof IllegalArgumentException
                ? of(request, HttpStatus.BAD_REQUEST, null, String.valueOf(failure.getMessage()))
                : null;
    }

    private static Rejection of(
            HttpServletRequest request, HttpStatusCode status, @Nullable String field, String detail) {
        Map<String, String> typed = new LinkedHashMap<>();
        request.getParameterMap().forEach((name, values) -> typed.put(name, values[0]));
        return new Rejection(
                status, UrlPathHelper.defaultInstance.getPathWithinApplication(request), field, detail, typed);
    }

    /** Whether somebody who may send the form could send another that is not refused. */
    boolean canBeMended() {
        return status.value() == HttpStatus.BAD_REQUEST.value()
                || status.value() == HttpStatus.NOT_FOUND.value()
                || status.value() == HttpStatus.CONFLICT.value();
    }

    /** Keeps it for the page that is shown again. */
    void keepIn(HttpServletRequest request) {
        request.setAttribute(ATTRIBUTE, this);
    }

    static @Nullable Rejection keptIn(HttpServletRequest request) {
        return (Rejection) request.getAttribute(ATTRIBUTE);
    }

    /** Whether this form was sent. */
    public boolean isOf(String sentTo) {
        return form.equals(sentTo);
    }

    /** Whether it is this field's fault. */
    public boolean isAt(String sentTo, String name) {
        return isOf(sentTo) && name.equals(field);
    }

    /** What the field said. */
    public String typed(String name) {
        return typed.getOrDefault(name, "");
    }
}
