package org.starling.auth.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserCodeTest {

    @ParameterizedTest
    @ValueSource(strings = {"BCDF-GHJK", "bcdf-ghjk", " bcdfghjk ", "BC DF GH JK", "b.c.d.f_g/h j–k"})
    void isReadHoweverItIsTyped(String typed) {
        assertThat(UserCode.parse(typed))
                .hasValueSatisfying(code -> assertThat(code).hasToString("BCDF-GHJK"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "BCDF-GHJ", "BCDF-GHJKL", "BCDF-GHJA", "BCDF-GHJ0", "<script>", "ßßßßßßßß"})
    void whatNoMachineShowsIsNone(String typed) {
        assertThat(UserCode.parse(typed)).isEmpty();
        assertThat(UserCode.parse(typed.repeat(1000))).isEmpty();
    }

    @Test
    void takesEveryLetterAndHardlyEverRepeats() {
        SecureRandom random = new SecureRandom();
        Set<Integer> letters = new HashSet<>();
        Set<UserCode> codes = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            UserCode code = UserCode.random(random);
            codes.add(code);
            code.letters().chars().forEach(letters::add);
        }
        assertThat(letters).hasSize(UserCode.ALPHABET.length());
        assertThat(codes).hasSize(1000);
    }
}
