package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import org.htmlunit.Page;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service behind a reverse proxy that shows it under a path of its own. */
@NullUnmarked
class BehindProxyTest {

    private static final Set<String> OWN_HEADERS = Set.of("host", "connection", "content-length", "transfer-encoding");

    @TempDir
    Path folder;

    @Test
    void aPersonLogsInUnderThePrefix() throws Exception {
        HttpServer proxy = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        try (RunningAuthService service = new RunningAuthService(folder)) {
            HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            String host = "127.0.0.1:" + proxy.getAddress().getPort();
            proxy.setExecutor(Executors.newFixedThreadPool(4));
            proxy.createContext("/auth/", exchange -> forward(exchange, client, service.url, host));
            proxy.start();

            try (PersonsBrowser browser = new PersonsBrowser("http://" + host + "/auth")) {
                browser.open("/oauth2/authorization/huggingface").click("bob");
                assertThat(browser.page.getUrl()).hasToString("http://" + host + "/auth/");
                Page me = browser.client().getPage("http://" + host + "/auth/api/v1/me");
                assertThat(me.getWebResponse().getContentAsString()).contains("\"account\":\"bob\"");
                assertThat(browser.client().getCookieManager().getCookies())
                        .filteredOn(cookie -> cookie.getName().equals("SESSION"))
                        .isNotEmpty()
                        .allSatisfy(cookie -> assertThat(cookie.getPath()).startsWith("/auth"));
            }
            HttpResponse<String> metadata = client.send(
                    HttpRequest.newBuilder(
                                    URI.create("http://" + host + "/auth/.well-known/oauth-authorization-server"))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(metadata.body()).contains("http://" + host + "/auth/oauth2/device_authorization");
        } finally {
            proxy.stop(0);
        }
    }

    private static void forward(HttpExchange exchange, HttpClient client, String target, String host)
            throws IOException {
        String path = exchange.getRequestURI().toString().substring("/auth".length());
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(target + path))
                .method(
                        exchange.getRequestMethod(),
                        BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()))
                .header("X-Forwarded-Host", host)
                .header("X-Forwarded-Proto", "http")
                .header("X-Forwarded-Prefix", "/auth")
                .header("X-Forwarded-For", "198.51.100.9");
        exchange.getRequestHeaders()
                .forEach((name, values) -> values.stream()
                        .filter(value -> !OWN_HEADERS.contains(name.toLowerCase(java.util.Locale.ROOT)))
                        .filter(value ->
                                !name.toLowerCase(java.util.Locale.ROOT).startsWith("sec-"))
                        .forEach(value -> request.header(name, value)));
        try {
            HttpResponse<byte[]> answer = client.send(request.build(), BodyHandlers.ofByteArray());
            answer.headers().map().forEach((name, values) -> {
                if (!OWN_HEADERS.contains(name)) {
                    exchange.getResponseHeaders().put(name, List.copyOf(values));
                }
            });
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        exchange.close();
    }
}
