package org.starling.swarm.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CallAccountsTest {
    private static final int CHUNK = 4 << 20;

    private final CallAccounts accounts = new CallAccounts();

    @Test
    void whoeverHasTooManyCallsUnderWayIsRefusedUntilOneEnds() {
        CallAccounts.Call first = accounts.begin("ada", 2);
        accounts.begin("ada", 2);

        assertThatThrownBy(() -> accounts.begin("ada", 2))
                .isInstanceOfSatisfying(
                        RefusalException.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(RefusalException.Reason.BUSY));
        assertThat(accounts.begin("bob", 2)).isNotNull();
        first.end();
        first.end();
        accounts.begin("ada", 2);
        assertThatThrownBy(() -> accounts.begin("ada", 2)).isInstanceOf(RefusalException.class);
    }

    @Test
    void answersThatAreNotFetchedCountUntilTheirCallsEnd() {
        int fitting = (int) (CallAccounts.MAX_UNFETCHED_BYTES / CHUNK);
        CallAccounts.Call first = accounts.begin("ada", 100);
        assertThat(first.mayAnswer(CHUNK)).isTrue();
        for (int i = 1; i < fitting; i++) {
            assertThat(accounts.begin("ada", 100).mayAnswer(CHUNK)).isTrue();
        }
        CallAccounts.Call last = accounts.begin("ada", 100);

        assertThat(last.mayAnswer(CHUNK)).isFalse();
        assertThat(accounts.begin("bob", 100).mayAnswer(CHUNK)).isTrue();
        first.end();
        assertThat(last.mayAnswer(CHUNK)).isTrue();
    }
}
