package org.starling.auth.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SealTest {

    private static final byte[] PLAIN = "the private key".getBytes(StandardCharsets.UTF_8);

    @Test
    void opensWithTheSamePassphraseAndNameOnly() {
        byte[] sealed = Seal.seal("passphrase", "key-1", PLAIN);
        assertThat(Seal.open("passphrase", "key-1", sealed)).isEqualTo(PLAIN);
        assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("private");
        assertThatThrownBy(() -> Seal.open("other", "key-1", sealed)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Seal.open("passphrase", "key-2", sealed)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Seal.seal("passphrase", "key-1", PLAIN)).isNotEqualTo(sealed);
    }

    @Test
    void noticesEveryChange() {
        byte[] sealed = Seal.seal("passphrase", "key-1", PLAIN);
        for (int i : new int[] {0, 1, 17, 29, sealed.length - 1}) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> Seal.open("passphrase", "key-1", changed))
                    .as("byte %d", i)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Seal.open("passphrase", "key-1", new byte[10]))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
