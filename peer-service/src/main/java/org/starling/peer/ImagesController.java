package org.starling.peer;

import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.wire.proto.Gallery;

/** Pictures that the model draws now. */
@RestController
@RequestMapping("/api/v1")
final class ImagesController {
    private static final int MAX_PROMPT_CHARACTERS = 200;
    private static final long MAX_SECONDS = 30;

    private final Optional<Showcase> showcase;

    /** @param showcase empty for a peer without the inference role */
    ImagesController(Optional<Showcase> showcase) {
        this.showcase = showcase;
    }

    /** The fixed prompts' pictures, each a data URL. */
    record GalleryView(long generation, long epoch, List<PictureView> pictures) {}

    /** One of them. */
    record PictureView(String prompt, String url) {}

    @GetMapping("/gallery")
    GalleryView gallery() {
        Gallery gallery = require().gallery();
        return new GalleryView(
                gallery.getGeneration(),
                gallery.getEpoch(),
                gallery.getPicturesList().stream()
                        .map(picture -> new PictureView(
                                picture.getPrompt(),
                                "data:image/png;base64,"
                                        + Base64.getEncoder()
                                                .encodeToString(picture.getPng().toByteArray())))
                        .toList());
    }

    /** A picture for the prompt; equal seeds draw equal pictures with the same model. */
    @GetMapping("/images")
    CompletableFuture<ResponseEntity<byte[]>> image(
            @RequestParam String prompt, @RequestParam(defaultValue = "0") long seed) {
        Showcase open = require();
        String text = prompt.strip();
        if (text.isEmpty()
                || text.length() > MAX_PROMPT_CHARACTERS
                || text.chars().anyMatch(Character::isISOControl)) {
            throw problem(
                    HttpStatus.BAD_REQUEST,
                    "The prompt must be text of 1 to " + MAX_PROMPT_CHARACTERS
                            + " characters without control characters, such as ?prompt=red%20heart");
        }
        return open.draw(text, seed)
                .orElseThrow(() -> problem(
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "This peer has no model yet: the swarm has not committed an epoch that it has seen. Ask again in"
                                + " a minute"))
                .orTimeout(MAX_SECONDS, TimeUnit.SECONDS)
                .handle((drawing, failure) -> {
                    if (failure != null) {
                        throw explain(failure);
                    }
                    return ResponseEntity.ok()
                            .contentType(MediaType.IMAGE_PNG)
                            .cacheControl(CacheControl.noStore())
                            .body(drawing.png());
                });
    }

    private Showcase require() {
        return showcase.orElseThrow(() -> problem(
                HttpStatus.NOT_FOUND,
                "This peer does not draw: it has not the inference role (starling.peer.roles). Ask one that has"));
    }

    private static ErrorResponseException explain(Throwable failure) {
        Throwable cause = Futures.cause(failure);
        if (cause instanceof RejectedExecutionException || cause instanceof TimeoutException) {
            return problem(HttpStatus.SERVICE_UNAVAILABLE, "Too many pictures are being drawn. Ask again in a minute");
        }
        return problem(HttpStatus.INTERNAL_SERVER_ERROR, "The picture could not be drawn: " + cause);
    }

    private static ErrorResponseException problem(HttpStatus status, String detail) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        return new ErrorResponseException(status, problem, null);
    }
}
