package org.starling.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TerminalTest {
    private final StringWriter out = new StringWriter();

    @Test
    void onATerminalTheLiveLineStaysBelowTheOthers() {
        Terminal terminal = new Terminal(new PrintWriter(out), true);
        terminal.live("epoch 1");
        terminal.say("otto was killed");
        terminal.live("epoch 2");
        terminal.endLive();

        assertThat(out.toString())
                .isEqualToNormalizingNewlines("\r\033[Kepoch 1\r\033[Kotto was killed\nepoch 1\r\033[Kepoch 2\n");
    }

    @Test
    void elsewhereThereAreOnlyPlainLinesAndNotTooMany() {
        Terminal terminal = new Terminal(new PrintWriter(out), false);
        terminal.live("epoch 1");
        terminal.live("epoch 2");
        terminal.say("otto was killed");
        terminal.endLive();

        assertThat(out.toString()).isEqualToNormalizingNewlines("epoch 1\notto was killed\n");
    }
}
