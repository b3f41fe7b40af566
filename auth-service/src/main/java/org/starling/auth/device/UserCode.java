package org.starling.auth.device;

import java.security.SecureRandom;
import java.util.Locale;
import java.util.Optional;

/**
 * The code that a person copies from the machine into the browser: eight of twenty consonants, so that no word appears and
 * nothing is taken for something else (RFC 8628, section 6.1). That is 34.5 bits, for a quarter of an hour.
 *
 * @param letters eight letters of {@link #ALPHABET}
 */
public record UserCode(String letters) {

    static final String ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";

    private static final int LENGTH = 8;
    private static final int MAX_TYPED = 64;

    public UserCode {
        if (letters.length() != LENGTH || !letters.chars().allMatch(letter -> ALPHABET.indexOf(letter) >= 0)) {
            throw new IllegalArgumentException("A user code has " + LENGTH + " letters of " + ALPHABET);
        }
    }

    static UserCode random(SecureRandom random) {
        StringBuilder letters = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            letters.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return new UserCode(letters.toString());
    }

    /** The code that somebody typed, in whatever case and with whatever between the letters; empty if it cannot be one. */
    public static Optional<UserCode> parse(String typed) {
        if (typed.length() > MAX_TYPED) {
            return Optional.empty();
        }
        String letters = typed.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "");
        try {
            return Optional.of(new UserCode(letters));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** As people read it, {@code BCDF-GHJK}. */
    @Override
    public String toString() {
        return letters.substring(0, LENGTH / 2) + "-" + letters.substring(LENGTH / 2);
    }
}
