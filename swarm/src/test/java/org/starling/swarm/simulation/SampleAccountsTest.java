package org.starling.swarm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.starling.swarm.simulation.SampleAccounts.Account;

class SampleAccountsTest {
    @Test
    void everySampleIsCountedOnce() {
        Account account = Account.of(100, 50, 10, 20, 5, 8);

        assertThat(account).isEqualTo(new Account(100, 50, 10, 20, 5, 8, 7));
    }

    @Test
    void whatAPeerStillHadWhenItStoppedIsCommittedIfTheOthersCommittedIt() {
        Account account = Account.of(100, 90, 0, 0, 0, 40);

        assertThat(account).isEqualTo(new Account(100, 90, 0, 0, 0, 10, 0));
    }

    @Test
    void whatWasUsedAgainIsNotInTheChainThatWasGivenUp() {
        Account account = Account.of(100, 80, 60, 15, 0, 0);

        assertThat(account).isEqualTo(new Account(100, 80, 5, 15, 0, 0, 0));
    }

    @Test
    void whatABannedPeerKeepsIsCommittedIfTheOthersCommittedIt() {
        Account account = Account.of(100, 90, 0, 30, 0, 0);

        assertThat(account).isEqualTo(new Account(100, 90, 0, 10, 0, 0, 0));
    }
}
