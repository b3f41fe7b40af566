package org.starling.launcher.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starling.launcher.suite.SuiteException;

class RunFinderTest {
    private record Reply(int status, String body) {}

    private final Deque<Reply> replies = new ArrayDeque<>();
    private final List<String> said = new ArrayList<>();
    private HttpServer server;
    private URI auth;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/v1/runs", exchange -> {
            Reply reply = replies.removeFirst();
            byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status(), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        auth = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private String find() throws Exception {
        return new RunFinder(auth, new RunFinder.Pace(Duration.ofMillis(1), Duration.ofMillis(1)), said::add).find();
    }

    @Test
    void takesTheOnlyRun() throws Exception {
        replies.add(new Reply(200, "[{\"run\": \"birds/emoji\", \"task\": \"x\"}]"));
        assertThat(find()).isEqualTo("birds/emoji");
        assertThat(said).isEmpty();
    }

    @Test
    void waitsForAServiceThatIsAwayAndSaysSo() throws Exception {
        replies.add(new Reply(503, "{}"));
        replies.add(new Reply(502, "<html>Bad gateway</html>"));
        replies.add(new Reply(200, "[{\"run\": \"birds/emoji\"}]"));
        assertThat(find()).isEqualTo("birds/emoji");
        assertThat(said).hasSize(2).first().asString().contains(auth.toString(), "status 503", "asking again in 1 s");
    }

    @Test
    void aHostThatIsNowhereIsNotAskedForEver() {
        auth = URI.create("http://nowhere.invalid:8080");
        assertThatThrownBy(this::find)
                .isInstanceOf(SuiteException.class)
                .hasMessageContaining("There is no host nowhere.invalid");
        assertThat(said).isEmpty();
    }

    @Test
    void aChoiceIsForThePerson() {
        replies.add(new Reply(200, "[{\"run\": \"birds/emoji\"}, {\"run\": \"birds/songs\"}]"));
        assertThatThrownBy(this::find)
                .isInstanceOf(SuiteException.class)
                .hasMessageContaining("choose one with --run, birds/emoji or birds/songs");
        replies.add(new Reply(200, "[]"));
        assertThatThrownBy(this::find).isInstanceOf(SuiteException.class).hasMessageContaining("no run");
    }

    @Test
    void anotherSiteIsNoAuthService() {
        replies.add(new Reply(404, "<html>"));
        assertThatThrownBy(this::find).isInstanceOf(SuiteException.class).hasMessageContaining("correct the address");
        replies.add(new Reply(200, "<html>"));
        assertThatThrownBy(this::find).isInstanceOf(SuiteException.class).hasMessageContaining("status 200");
    }

    @Test
    void theLastRunIsRememberedForItsService(@TempDir Path folder) throws IOException {
        LastRun last = new LastRun(folder.resolve("peer"));
        assertThat(last.at(auth)).isEmpty();
        last.keep(auth, "birds/emoji");
        assertThat(last.at(auth)).contains("birds/emoji");
        assertThat(last.at(URI.create("https://other.example.org"))).isEmpty();
    }
}
