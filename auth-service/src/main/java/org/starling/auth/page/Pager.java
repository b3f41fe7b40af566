package org.starling.auth.page;

import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriComponentsBuilder;
import org.starling.auth.excerpt.Excerpt;
import org.starling.auth.excerpt.Excerpt.Turn;
import org.starling.auth.excerpt.Wanted;

/**
 * Links to the parts of a list beside the one that is shown; null where there is none.
 *
 * @param previous path and query, without the context path
 * @param next path and query, without the context path
 */
record Pager(@Nullable String previous, @Nullable String next) {

    private static final int ROWS = 50;

    /** The part of a list that fits on a page. */
    static Wanted part(@Nullable Long after, @Nullable Long before) {
        return new Wanted(after, before, ROWS);
    }

    /** @param list the page, with whatever else its query says */
    static Pager of(Excerpt<?> shown, UriComponentsBuilder list) {
        return new Pager(link(list, shown.previous()), link(list, shown.next()));
    }

    private static @Nullable String link(UriComponentsBuilder list, @Nullable Turn turn) {
        return turn == null
                ? null
                : list.cloneBuilder()
                        .queryParam(turn.parameter(), turn.number())
                        .encode()
                        .toUriString();
    }
}
