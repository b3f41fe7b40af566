package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VoidReasonTest {
    @Test
    void numbersDoNotTellReasonsApart() {
        assertThat(
                        VoidReason.of(
                                "The last round was void: of 12 members 7 reported, for 1 different results; 8 equal ones are needed."))
                .isEqualTo("of n members n reported, for n different results; n equal ones are needed");
    }

    @Test
    void whoHadWhichPartOfItDoesNotTellReasonsApart() {
        String one =
                "The last round was void: this peer could not complete the exchange: No reducer is left for part 1:"
                        + " account2/a6de25c6: it does not answer for part 1: a6de25c6@host2:7000: no answer;"
                        + " account8/5acd02be: This peer knows no such group; account3/6ed93bb2: This peer knows no such group.";
        String other =
                "It has stopped. The last round was void: this peer could not complete the exchange: No reducer is left"
                        + " for part 17: account9/8f4cde95: This peer knows no such group; account1/23dcf160: it does not answer for"
                        + " part 3: 23dcf160@[::1]:7000: no answer.";

        assertThat(VoidReason.of(one))
                .isEqualTo("this peer could not complete the exchange: No reducer is left for part n:"
                        + " This peer knows no such group; it does not answer for part n: no answer")
                .isEqualTo(VoidReason.of(other));
    }
}
