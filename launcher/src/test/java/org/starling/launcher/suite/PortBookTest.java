package org.starling.launcher.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortBookTest {
    @TempDir
    private Path folder;

    private final List<String> news = new ArrayList<>();

    @Test
    void givesTheSamePortAtTheNextStart() throws Exception {
        int port = open().get("hub");

        assertThat(open().get("hub")).isEqualTo(port);
        assertThat(open().get("auth")).isNotEqualTo(port);
        assertThat(news).isEmpty();
    }

    @Test
    void givesAnotherForOneThatIsTakenAndSaysSo() throws Exception {
        int port = open().get("hub");
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            int other = open().get("hub");

            assertThat(other).isNotEqualTo(taken.getLocalPort());
            assertThat(news)
                    .containsExactly("Port " + port + " of hub is taken by another program, so it now listens on port "
                            + other + ".");
        }
    }

    private PortBook open() throws Exception {
        return PortBook.open(folder.resolve("ports.json"), news::add);
    }
}
