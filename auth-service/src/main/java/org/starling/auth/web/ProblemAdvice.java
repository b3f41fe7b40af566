package org.starling.auth.web;

import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.orm.ObjectOptimisticLockingFailureException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import org.starling.auth.Problem;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.run.InvalidRunConfigurationException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Tells every error as a problem detail that says what was wrong with the request. */
@RestControllerAdvice
class ProblemAdvice extends ResponseEntityExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(ProblemAdvice.class);

    @ExceptionHandler(CredentialException.class)
    ProblemDetail refuse(CredentialException e) {
        HttpStatus status =
                e.reason() == CredentialException.Reason.BAD_PROOF ? HttpStatus.FORBIDDEN : HttpStatus.BAD_REQUEST;
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, e.getMessage());
        problem.setTitle("Credential not accepted");
        problem.setProperty("reason", e.reason().name());
        return problem;
    }

    @ExceptionHandler(InvalidRunConfigurationException.class)
    ProblemDetail refuse(InvalidRunConfigurationException e) {
        ProblemDetail problem = refuse((IllegalArgumentException) e);
        problem.setProperty(Problem.FIELD, e.setting());
        return problem;
    }

    @ExceptionHandler(IllegalArgumentException.class)
    ProblemDetail refuse(IllegalArgumentException e) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
    }

    @ExceptionHandler(ObjectOptimisticLockingFailureException.class)
    ProblemDetail refuse(ObjectOptimisticLockingFailureException e) {
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.CONFLICT, "Somebody else changed this at the same time; look again and repeat if need be");
    }

    @ExceptionHandler(Exception.class)
    ProblemDetail fail(Exception e) {
        if (Problem.isUnstorableText(e)) {
            return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, Problem.UNSTORABLE_TEXT);
        }
        log.error("A request failed", e);
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.INTERNAL_SERVER_ERROR, "This service failed; its log says more");
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, describe(e));
        problem.setTitle("Malformed body");
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof ErrorResponse refusal) {
                problem = refusal.getBody();
            } else if (cause instanceof InvalidRunConfigurationException invalid) {
                problem.setProperty(Problem.FIELD, invalid.setting());
            }
        }
        return handleExceptionInternal(e, problem, headers, status, request);
    }

    private static String describe(HttpMessageNotReadableException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof IllegalArgumentException && cause.getMessage() != null) {
                return cause.getMessage();
            }
        }
        if (e.getCause() instanceof JacksonException json) {
            String path = json.getPath().stream()
                    .map(reference -> reference.getPropertyName() == null
                            ? "[" + reference.getIndex() + "]"
                            : reference.getPropertyName())
                    .collect(Collectors.joining("."));
            if (json instanceof UnrecognizedPropertyException unknown) {
                return path + " cannot be set here; what can: "
                        + unknown.getKnownPropertyIds().stream()
                                .map(String::valueOf)
                                .sorted()
                                .collect(Collectors.joining(", "));
            }
            return (path.isEmpty() ? "" : path + ": ") + json.getOriginalMessage();
        }
        return "The request needs a JSON body";
    }
}
