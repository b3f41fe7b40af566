package org.starling.metrics.web;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.starling.metrics.store.AccountSamples;
import org.starling.metrics.store.ChainStore;
import org.starling.metrics.store.MetricsStore;
import org.starling.metrics.store.StoredPicture;
import org.starling.metrics.web.Views.Curve;
import org.starling.metrics.web.Views.GalleryItem;
import org.starling.metrics.web.Views.PeerRow;
import org.starling.metrics.web.Views.Summary;

/** The figures, and the stream that the dashboard lives on. */
@RestController
class MetricsController {
    private static final int MAX_ACCOUNTS = 500;

    private final Dashboard dashboard;
    private final ChainStore chain;
    private final MetricsStore store;
    private final LiveStreams streams;

    MetricsController(Dashboard dashboard, ChainStore chain, MetricsStore store, LiveStreams streams) {
        this.dashboard = dashboard;
        this.chain = chain;
        this.store = store;
        this.streams = streams;
    }

    @GetMapping("/api/v1/summary")
    Summary summary() {
        return dashboard.summary();
    }

    @GetMapping("/api/v1/epochs")
    Curve epochs(@RequestParam(name = "limit", defaultValue = "" + Dashboard.MAX_EPOCHS) int limit) {
        if (limit < 1 || limit > Dashboard.MAX_EPOCHS) {
            throw problem(HttpStatus.BAD_REQUEST, "limit must be from 1 to " + Dashboard.MAX_EPOCHS + ", not " + limit);
        }
        return dashboard.curve(limit);
    }

    @GetMapping("/api/v1/peers")
    List<PeerRow> peers() {
        return dashboard.peers();
    }

    /** Those who have contributed the most; or, of certain accounts, what each has, if it has anything. */
    @GetMapping("/api/v1/contributions")
    List<AccountSamples> contributions(
            @RequestParam(name = "account", required = false) @Nullable List<String> accounts) {
        if (accounts == null || accounts.isEmpty()) {
            return dashboard.contributions();
        }
        if (accounts.size() > MAX_ACCOUNTS) {
            throw problem(HttpStatus.BAD_REQUEST, "Ask for at most " + MAX_ACCOUNTS + " accounts at once");
        }
        return chain.contributionsOf(accounts);
    }

    @GetMapping("/api/v1/gallery")
    List<GalleryItem> gallery() {
        return dashboard.gallery();
    }

    @GetMapping("/api/v1/gallery/{number}.png")
    ResponseEntity<byte[]> picture(@PathVariable("number") int number) {
        StoredPicture picture = store.pictures().stream()
                .filter(p -> p.number() == number)
                .findFirst()
                .orElseThrow(() -> problem(HttpStatus.NOT_FOUND, "There is no picture " + number));
        return ResponseEntity.ok()
                .contentType(MediaType.IMAGE_PNG)
                .cacheControl(CacheControl.maxAge(Duration.ofHours(1)))
                .body(picture.png());
    }

    @GetMapping(path = "/api/v1/stream", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    SseEmitter stream() {
        return streams.open()
                .orElseThrow(() -> problem(
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "As many browsers as may watch live are watching; ask for /api/v1/summary, or come back"));
    }

    private static ErrorResponseException problem(HttpStatus status, String detail) {
        return new ErrorResponseException(status, ProblemDetail.forStatusAndDetail(status, detail), null);
    }
}
