package org.starling.auth.page;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.stereotype.Component;

/**
 * Counts the wrong user codes of each account. With ten guesses in a quarter of an hour, at fifty machines that wait, an
 * account hits one in fifty million quarters of an hour.
 */
@Component
class CodeGuesses {

    static final int MAX_WRONG = 10;

    private static final Duration WINDOW = Duration.ofMinutes(15);
    private static final int MAX_REMEMBERED = 100_000;

    private final Cache<String, AtomicInteger> wrong = Caffeine.newBuilder()
            .maximumSize(MAX_REMEMBERED)
            .expireAfterWrite(WINDOW)
            .build();

    /** @param account the hub's id */
    boolean mayGuess(String account) {
        AtomicInteger count = wrong.getIfPresent(account);
        return count == null || count.get() < MAX_WRONG;
    }

    void wrong(String account) {
        wrong.get(account, key -> new AtomicInteger()).incrementAndGet();
    }
}
