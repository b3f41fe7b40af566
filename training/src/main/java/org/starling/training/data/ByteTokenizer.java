package org.starling.training.data;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;

/**
 * Captions as UTF-8 bytes: a vocabulary of {@value #VOCABULARY} with nothing to download.
 *
 * <p>Text is lower-cased and stripped of control characters, so that the bytes 0 and 2 (the characters NUL and start of
 * text) are free to mean padding and the start of a sequence.
 */
public final class ByteTokenizer {
    /** Number of tokens. */
    public static final int VOCABULARY = 256;

    public static final int PADDING = 0;
    public static final int START = 2;

    private ByteTokenizer() {}

    /** Exactly {@code length} tokens: the text, cut at a character's boundary where it is too long, then padding. */
    public static int[] encode(String text, int length) {
        byte[] bytes = normalize(text).getBytes(StandardCharsets.UTF_8);
        int kept = Math.min(bytes.length, length);
        while (kept < bytes.length && kept > 0 && (bytes[kept] & 0xc0) == 0x80) {
            kept--;
        }
        int[] tokens = new int[length];
        for (int i = 0; i < kept; i++) {
            tokens[i] = bytes[i] & 0xff;
        }
        return tokens;
    }

    /** The text before the padding. */
    public static String decode(int[] tokens) {
        byte[] bytes = new byte[tokens.length];
        int length = 0;
        while (length < tokens.length && tokens[length] != PADDING) {
            bytes[length] = (byte) tokens[length++];
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    static String normalize(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[\\p{Cntrl}\\s]+", " ")
                .strip();
    }
}
