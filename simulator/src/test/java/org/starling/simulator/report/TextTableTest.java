package org.starling.simulator.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {
    @Test
    void whatIsTooLongForTheFirstColumnGoesOnInTheNextLine() {
        String reason =
                "  this peer could not complete the exchange: No reducer is left for part n: This peer knows no such"
                        + " group; it does not answer for part n: no answer";

        assertThat(new TextTable("").row("Void", "12").row(reason, "9").toString())
                .isEqualTo("""
                Void                                                                              12
                  this peer could not complete the exchange: No reducer is left for part n: This
                    peer knows no such group; it does not answer for part n: no answer             9
                """);
    }

    @Test
    void aWordThatIsTooLongStaysWhole() {
        assertThat(new TextTable("").row("x".repeat(100), "1").toString()).isEqualTo("x".repeat(100) + "  1\n");
    }
}
