package org.starling.swarm.run;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

final class Checks {
    private Checks() {}

    static void require(boolean valid, String setting, @Nullable Object value, String expected) {
        if (!valid) {
            throw new InvalidRunConfigurationException(setting, value, expected);
        }
    }

    static Duration positive(@Nullable Duration value, Duration fallback, String setting) {
        if (value == null) {
            return fallback;
        }
        require(!value.isNegative() && !value.isZero(), setting, value, "a positive duration such as PT5S");
        return value;
    }
}
