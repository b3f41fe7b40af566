package org.starling.metrics.store;

/** What others have written, as it can be kept and shown: on one line, not too long, without characters that control. */
final class PlainText {
    private static final int MAX_CHARACTERS = 200;

    private PlainText() {}

    static String of(String text) {
        String shortened = text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS);
        return shortened.replaceAll("\\p{Cntrl}", "");
    }
}
