package org.starling.auth;

import java.sql.SQLException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** Refusals as problem details (RFC 9457); the detail says what was wrong and what to do. */
public final class Problem {

    /** Property of a problem: the part of the request that was wrong. */
    public static final String FIELD = "field";

    public static final String UNSTORABLE_TEXT = "A text of the request has a character that cannot be kept";

    /** SQL state {@code character_not_in_repertoire}. */
    private static final String INVALID_CHARACTER = "22021";

    private Problem() {}

    /** @param field the part of the request that was wrong, as the request calls it */
    public static ErrorResponseException invalid(String field, String detail) {
        return about(field, badRequest(detail));
    }

    /** What a part of the request names is not there. */
    public static ErrorResponseException unknown(String field, String detail) {
        return about(field, notFound(detail));
    }

    /** What a part of the request names is there already, or more than once. */
    public static ErrorResponseException taken(String field, String detail) {
        return about(field, conflict(detail));
    }

    private static ErrorResponseException about(String field, ErrorResponseException problem) {
        problem.getBody().setProperty(FIELD, field);
        return problem;
    }

    public static ErrorResponseException badRequest(String detail) {
        return of(HttpStatus.BAD_REQUEST, "Bad request", detail);
    }

    public static ErrorResponseException forbidden(String title, String detail) {
        return of(HttpStatus.FORBIDDEN, title, detail);
    }

    public static ErrorResponseException notFound(String detail) {
        return of(HttpStatus.NOT_FOUND, "Not found", detail);
    }

    public static ErrorResponseException conflict(String detail) {
        return of(HttpStatus.CONFLICT, "Conflict", detail);
    }

    public static ErrorResponseException tooManyRequests(String detail) {
        return of(HttpStatus.TOO_MANY_REQUESTS, "Too many requests", detail);
    }

    /** Whether a failure is the fault of a text with the character 0, which the database cannot keep. */
    public static boolean isUnstorableText(Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && INVALID_CHARACTER.equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    private static ErrorResponseException of(HttpStatus status, String title, String detail) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setTitle(title);
        return new ErrorResponseException(status, problem, null);
    }
}
