package org.starling.training.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    @Test
    void completesWhatIsMissingWithDefaults() {
        Settings settings = Settings.of(Map.of("b", " 7 "));

        assertThat(settings.integer("b", 1, 0, 10)).isEqualTo(7);
        assertThat(settings.decimal("a", 0.5, 0, 1)).isEqualTo(0.5);
        assertThat(settings.flag("c", true)).isTrue();
        assertThat(settings.finish())
                .containsExactly(Map.entry("a", "0.5"), Map.entry("b", "7"), Map.entry("c", "true"));
    }

    @Test
    void refusesAnUnknownKeyAndNamesTheKnownOnes() {
        Settings settings = Settings.of(Map.of("widht", "7"));
        settings.integer("width", 1, 0, 10);

        assertThatThrownBy(settings::finish)
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("unknown setting widht; known are width");
    }

    @Test
    void refusesValuesThatAreMalformedOrOutOfBounds() {
        Settings settings = Settings.of(Map.of("n", "1.5", "x", "NaN", "y", "3", "flag", "yes", "text", " "));

        assertThatThrownBy(() -> settings.integer("n", 1, 0, 9))
                .hasMessage("setting n must be a whole number, not '1.5'");
        assertThatThrownBy(() -> settings.decimal("x", 1, 0, 9)).hasMessageContaining("between 0.0 and 9.0, not 'NaN'");
        assertThatThrownBy(() -> settings.integer("y", 1, 0, 2))
                .hasMessage("setting y must be between 0 and 2, not '3'");
        assertThatThrownBy(() -> settings.flag("flag", true)).hasMessageContaining("true or false, not 'yes'");
        assertThatThrownBy(() -> settings.text("text", "")).hasMessageContaining("non-blank");
    }
}
