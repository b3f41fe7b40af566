package org.starling.auth.excerpt;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import org.starling.auth.excerpt.Excerpt.Turn;

/** Answers with parts of lists. */
public final class Excerpts {

    private Excerpts() {}

    /** The elements as JSON; the addresses of the parts beside them are in the header {@code Link} (RFC 8288). */
    public static <T> ResponseEntity<List<T>> answer(Excerpt<T> excerpt) {
        List<String> links = new ArrayList<>();
        addLink(links, "prev", excerpt.previous());
        addLink(links, "next", excerpt.next());
        ResponseEntity.BodyBuilder answer = ResponseEntity.ok();
        if (!links.isEmpty()) {
            answer.header(HttpHeaders.LINK, String.join(", ", links));
        }
        return answer.body(excerpt.items());
    }

    private static void addLink(List<String> links, String relation, @Nullable Turn turn) {
        if (turn != null) {
            links.add("<"
                    + ServletUriComponentsBuilder.fromCurrentRequest()
                            .replaceQueryParam("after")
                            .replaceQueryParam("before")
                            .queryParam(turn.parameter(), turn.number())
                            .build()
                            .toUriString()
                    + ">; rel=\"" + relation + "\"");
        }
    }
}
