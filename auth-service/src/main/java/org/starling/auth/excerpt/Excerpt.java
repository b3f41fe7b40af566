package org.starling.auth.excerpt;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Part of a list.
 *
 * @param items in the list's order
 * @param previous how to ask for what comes before them; null if there is nothing
 * @param next how to ask for what comes after them; null if there is nothing
 */
public record Excerpt<T>(
        List<T> items, @Nullable Turn previous, @Nullable Turn next) {

    /**
     * A request parameter that leads to another part.
     *
     * @param parameter {@code after} or {@code before}
     */
    public record Turn(String parameter, long number) {}

    /** Reads elements on one side of a number, those next to it first. */
    @FunctionalInterface
    public interface Reader<T> {

        /** @param number exclusive */
        List<T> read(long number, int limit);
    }

    /** Part of a list in which numbers rise. */
    public static <T> Excerpt<T> rising(Wanted wanted, Reader<T> greater, Reader<T> smaller, ToLongFunction<T> number) {
        Long before = wanted.before();
        Long after = wanted.after();
        return before == null
                ? forwards(greater, after == null ? 0 : after, after != null, wanted.limit(), number, "after", "before")
                : backwards(smaller, before, wanted.limit(), number, "after", "before");
    }

    /** Part of a list in which numbers fall: the newest first. */
    public static <T> Excerpt<T> falling(
            Wanted wanted, Reader<T> greater, Reader<T> smaller, ToLongFunction<T> number) {
        Long before = wanted.before();
        Long after = wanted.after();
        return after == null
                ? forwards(
                        smaller,
                        before == null ? Long.MAX_VALUE : before,
                        before != null,
                        wanted.limit(),
                        number,
                        "before",
                        "after")
                : backwards(greater, after, wanted.limit(), number, "before", "after");
    }

    /** @param turned whether there is something before */
    private static <T> Excerpt<T> forwards(
            Reader<T> reader,
            long from,
            boolean turned,
            int limit,
            ToLongFunction<T> number,
            String onwards,
            String back) {
        List<T> found = reader.read(from, limit + 1);
        List<T> items = found.subList(0, Math.min(limit, found.size()));
        return new Excerpt<>(
                List.copyOf(items),
                turned && !items.isEmpty() ? new Turn(back, number.applyAsLong(items.get(0))) : null,
                found.size() > limit ? new Turn(onwards, number.applyAsLong(items.get(limit - 1))) : null);
    }

    private static <T> Excerpt<T> backwards(
            Reader<T> reader, long from, int limit, ToLongFunction<T> number, String onwards, String back) {
        List<T> found = reader.read(from, limit + 1);
        List<T> items = new ArrayList<>(found.subList(0, Math.min(limit, found.size())));
        Collections.reverse(items);
        return new Excerpt<>(
                List.copyOf(items),
                found.size() > limit ? new Turn(back, number.applyAsLong(items.get(0))) : null,
                items.isEmpty() ? null : new Turn(onwards, number.applyAsLong(items.get(items.size() - 1))));
    }

    /** The same part, its elements shown otherwise. */
    public <R> Excerpt<R> map(Function<? super T, ? extends R> view) {
        return new Excerpt<>(items.stream().<R>map(view).toList(), previous, next);
    }
}
