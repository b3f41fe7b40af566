package org.starling.hub.web;

import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** Tells errors as {@code {"error": "..."}} with the Hub's headers. */
@RestControllerAdvice
final class ErrorAdvice extends ResponseEntityExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(ErrorAdvice.class);

    @ExceptionHandler(HubException.class)
    ResponseEntity<Object> refuse(HubException e) {
        HttpHeaders headers = new HttpHeaders(e.headers());
        if (e.code() != null) {
            headers.set("X-Error-Code", e.code());
        }
        log.debug("Refused with {}: {}", e.status(), e.getMessage());
        return answer(e.getMessage(), headers, e.status());
    }

    @ExceptionHandler(Exception.class)
    ResponseEntity<Object> fail(Exception e) {
        log.error("A request failed", e);
        return answer(
                "Internal Error - We're working hard to fix this as soon as possible!",
                new HttpHeaders(),
                HttpStatus.INTERNAL_SERVER_ERROR);
    }

    @Override
    protected ResponseEntity<Object> handleExceptionInternal(
            Exception e, @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return answer(e.getMessage() == null ? e.toString() : e.getMessage(), headers, status);
    }

    private static ResponseEntity<Object> answer(String message, HttpHeaders headers, HttpStatusCode status) {
        HttpHeaders all = new HttpHeaders(headers);
        all.setContentType(MediaType.APPLICATION_JSON);
        all.set("X-Error-Message", message.replaceAll("[^\\x20-\\x7e]", " "));
        all.set("X-Request-Id", UUID.randomUUID().toString());
        return new ResponseEntity<>(Map.of("error", message), all, status);
    }
}
