package org.starling.swarm.run;

/** A run's configuration says something that cannot be done. The message names the setting and what is accepted. */
public final class InvalidRunConfigurationException extends IllegalArgumentException {
    public InvalidRunConfigurationException(String message) {
        super(message);
    }
}
