package org.starling.training.settings;

/** A run's configuration names something unknown or gives a value that cannot be used; the message says what would. */
public final class InvalidSettingException extends IllegalArgumentException {
    public InvalidSettingException(String message) {
        super(message);
    }
}
