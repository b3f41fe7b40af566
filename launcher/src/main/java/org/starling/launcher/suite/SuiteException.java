package org.starling.launcher.suite;

/** Something that the user can mend; the message is a sentence that says what is wrong and what to do. */
public final class SuiteException extends Exception {
    public SuiteException(String message) {
        super(message);
    }

    public SuiteException(String message, Throwable cause) {
        super(message, cause);
    }
}
