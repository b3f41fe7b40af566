package org.starling.swarm.http;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests over HTTP/1.1 and returns whole answers. An answer has to be there, to its last byte, within its request's
 * timeout, and may not be larger than a limit: the JDK's client, of which this is made, bounds the time to the headers only, so
 * that a server that stops within a body, or goes on for ever, would hold its caller for ever. Follows no redirects. Safe for use
 * by several threads.
 */
public final class BoundedHttpClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    private final int maxBytes;

    /** @param maxBytes that the body of an answer may have */
    public BoundedHttpClient(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Sends a request and waits for the answer.
     *
     * @param request with a timeout
     * @throws HttpTimeoutException if the whole answer was not there in time
     * @throws IOException if there is no connection, it broke, or the answer is too large
     */
    public HttpResponse<byte[]> send(HttpRequest request) throws IOException, InterruptedException {
        Duration timeout = request.timeout()
                .orElseThrow(() -> new IllegalArgumentException("A request without a timeout may wait for ever"));
        CompletableFuture<HttpResponse<byte[]>> answer =
                http.sendAsync(request, info -> new BoundedBody(BodySubscribers.ofByteArray(), maxBytes));
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no whole answer within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException problem ? problem : new IOException(e.getCause());
        } finally {
            // of an answer that is there this changes nothing
            answer.cancel(true);
        }
    }

    /** Reads a body and breaks off when it has too many bytes. */
    private static final class BoundedBody implements BodySubscriber<byte[]> {
        private final BodySubscriber<byte[]> body;
        private final int maxBytes;
        private long bytes;
        private Flow.@Nullable Subscription subscription;

        BoundedBody(BodySubscriber<byte[]> body, int maxBytes) {
            this.body = body;
            this.maxBytes = maxBytes;
        }

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            body.onSubscribe(begun);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            bytes += buffers.stream().mapToLong(ByteBuffer::remaining).sum();
            if (bytes <= maxBytes) {
                body.onNext(buffers);
            } else if (subscription != null) {
                subscription.cancel();
                body.onError(new IOException("the answer is larger than " + maxBytes + " bytes"));
            }
        }

        @Override
        public void onError(Throwable failure) {
            body.onError(failure);
        }

        @Override
        public void onComplete() {
            body.onComplete();
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return body.getBody();
        }
    }
}
