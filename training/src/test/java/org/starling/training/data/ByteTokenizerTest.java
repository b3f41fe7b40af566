package org.starling.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteTokenizerTest {
    @Test
    void padsAndLowerCases() {
        assertThat(ByteTokenizer.encode("Red", 5)).containsExactly('r', 'e', 'd', 0, 0);
    }

    @Test
    void cutsAtACharactersBoundary() {
        assertThat(ByteTokenizer.decode(ByteTokenizer.encode("aé€😀", 3))).isEqualTo("aé");
        assertThat(ByteTokenizer.decode(ByteTokenizer.encode("aé€😀", 5))).isEqualTo("aé");
        assertThat(ByteTokenizer.decode(ByteTokenizer.encode("aé€😀", 6))).isEqualTo("aé€");
        assertThat(ByteTokenizer.decode(ByteTokenizer.encode("aé€😀", 9))).isEqualTo("aé€");
        assertThat(ByteTokenizer.decode(ByteTokenizer.encode("aé€😀", 10))).isEqualTo("aé€😀");
        assertThat(ByteTokenizer.decode(ByteTokenizer.encode("😀", 1))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a\u0000b\u0002c", "tab\tand\nline", "  spaces  "})
    void neverProducesTheReservedTokensWithinText(String text) {
        int[] tokens = ByteTokenizer.encode(text, 40);

        assertThat(tokens).doesNotContain(ByteTokenizer.START);
        assertThat(ByteTokenizer.decode(tokens)).isEqualTo(ByteTokenizer.normalize(text));
    }
}
