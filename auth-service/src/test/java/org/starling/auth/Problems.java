package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;

/** Says that an answer is a problem detail (RFC 9457). */
final class Problems {

    private Problems() {}

    static void assertProblem(HttpResponse<String> answer, int status, String detail) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/problem+json");
        assertThat(RunningAuthService.json(answer).path("status").asInt()).isEqualTo(status);
        assertThat(RunningAuthService.json(answer).path("detail").asString()).contains(detail);
    }
}
