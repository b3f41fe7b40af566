package org.starling.swarm.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerIdentityTest {
    @TempDir
    Path folder;

    @Test
    void survivesInAFileOfItsOwnersAlone() throws IOException {
        Path file = folder.resolve("keys/identity.pem");
        PeerIdentity created = PeerIdentity.loadOrCreate(file);

        PeerIdentity loaded = PeerIdentity.loadOrCreate(file);

        assertThat(loaded.id()).isEqualTo(created.id());
        assertThat(loaded.certificate()).isEqualTo(created.certificate());
        byte[] message = "hello".getBytes(StandardCharsets.UTF_8);
        assertThat(Ed25519.verify(created.publicKey(), message, loaded.sign(message)))
                .isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void saysWhatToDoWithAFileThatIsNoIdentity() throws IOException {
        Path file = folder.resolve("identity.pem");
        Files.writeString(file, "-----BEGIN NONSENSE-----\n");

        assertThatThrownBy(() -> PeerIdentity.loadOrCreate(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("remove it to start as a new peer");
    }

    @Test
    void signaturesOfOthersAndOfOtherMessagesAreNotValid() {
        PeerIdentity ada = PeerIdentity.create();
        byte[] message = "one".getBytes(StandardCharsets.UTF_8);
        byte[] signature = ada.sign(message);

        assertThat(Ed25519.verify(ada.publicKey(), message, signature)).isTrue();
        assertThat(Ed25519.verify(PeerIdentity.create().publicKey(), message, signature))
                .isFalse();
        assertThat(Ed25519.verify(ada.publicKey(), "two".getBytes(StandardCharsets.UTF_8), signature))
                .isFalse();
        assertThat(Ed25519.verify(ada.publicKey(), message, new byte[3])).isFalse();
        assertThat(Ed25519.verify(new byte[32], message, signature)).isFalse();
    }
}
