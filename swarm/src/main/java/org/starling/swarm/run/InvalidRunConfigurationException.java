package org.starling.swarm.run;

import org.jspecify.annotations.Nullable;

/** A run's configuration says something that cannot be done. The message names the setting and what is accepted. */
public final class InvalidRunConfigurationException extends IllegalArgumentException {
    private final @Nullable String setting;

    public InvalidRunConfigurationException(String message) {
        super(message);
        this.setting = null;
    }

    InvalidRunConfigurationException(String setting, @Nullable Object value, String expected) {
        super("The run's setting " + setting + " is '" + value + "' but must be " + expected);
        this.setting = setting;
    }

    /** The setting, such as {@code averaging.codec}; null if it is not one that is wrong. */
    public @Nullable String setting() {
        return setting;
    }
}
