package org.starling.hub.web;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/** A request that the hub refuses, told in the Hub's way: a JSON body, and a code in a header. */
public final class HubException extends RuntimeException {

    private final HttpStatus status;
    private final @Nullable String code;
    private final transient HttpHeaders headers;

    public HubException(HttpStatus status, String message) {
        this(status, null, message);
    }

    /**
     * @param code value of {@code X-Error-Code}, such as {@code RepoNotFound}
     */
    public HubException(HttpStatus status, @Nullable String code, String message) {
        this(status, code, message, new HttpHeaders());
    }

    /** @param headers more of the answer's headers */
    public HubException(HttpStatus status, @Nullable String code, String message, HttpHeaders headers) {
        super(message);
        this.status = status;
        this.code = code;
        this.headers = headers;
    }

    public static HubException badRequest(String message) {
        return new HubException(HttpStatus.BAD_REQUEST, message);
    }

    public static HubException unauthorized() {
        return new HubException(HttpStatus.UNAUTHORIZED, "Invalid username or password.");
    }

    public HttpStatus status() {
        return status;
    }

    public @Nullable String code() {
        return code;
    }

    public HttpHeaders headers() {
        return headers;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
