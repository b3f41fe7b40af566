package org.starling.swarm.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BoundedHttpClientTest {
    private static final int MAX_BYTES = 100_000;

    private final BoundedHttpClient http = new BoundedHttpClient(MAX_BYTES);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private interface Answering {
        void answer(HttpExchange exchange, OutputStream body) throws IOException;
    }

    private void serve(int status, long length, Answering answering) {
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(status, length);
            try (OutputStream body = exchange.getResponseBody()) {
                answering.answer(exchange, body);
            }
        });
    }

    private HttpRequest request(Duration timeout) {
        return HttpRequest.newBuilder(URI.create("http:/" + server.getAddress() + "/"))
                .timeout(timeout)
                .build();
    }

    @Test
    void returnsAWholeAnswerWhateverItsStatus() throws Exception {
        byte[] whole = new byte[MAX_BYTES];
        serve(503, whole.length, (exchange, body) -> body.write(whole));

        var answer = http.send(request(Duration.ofSeconds(30)));

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).isEqualTo(whole);
    }

    @Test
    void breaksOffWhatIsTooLarge() {
        AtomicBoolean broken = new AtomicBoolean();
        serve(200, 0, (exchange, body) -> {
            try {
                while (true) {
                    body.write(new byte[8192]);
                }
            } catch (IOException e) {
                broken.set(true);
                throw e;
            }
        });

        assertThatThrownBy(() -> http.send(request(Duration.ofSeconds(30))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("larger than 100000 bytes");
        await().until(broken::get);
    }

    @Test
    void doesNotWaitForTheRestOfABodyForEver() {
        AtomicBoolean broken = new AtomicBoolean();
        serve(200, 0, (exchange, body) -> {
            try {
                while (true) {
                    body.write(' ');
                    body.flush();
                    Thread.sleep(20);
                }
            } catch (InterruptedException | IOException e) {
                broken.set(true);
            }
        });

        assertThatThrownBy(() -> http.send(request(Duration.ofMillis(500))))
                .isInstanceOf(HttpTimeoutException.class)
                .hasMessageContaining("no whole answer within 500 ms");
        await().until(broken::get);
    }

    @Test
    void doesNotWaitForEverAtAll() {
        assertThatThrownBy(() -> http.send(HttpRequest.newBuilder(URI.create("http:/" + server.getAddress() + "/"))
                        .build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timeout");
    }
}
