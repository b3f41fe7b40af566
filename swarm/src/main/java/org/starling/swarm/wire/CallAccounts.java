package org.starling.swarm.wire;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What each caller has under way at a server, over all of its connections: its calls, and the bytes of answers that it has not
 * fetched yet. Both are kept in memory here for as long as the caller likes, so that they have limits. Safe for use by several
 * threads.
 */
final class CallAccounts {
    /** Several times the parts that a run may have under way between two peers. */
    static final int MAX_CALLS = 1024;

    /** Whoever has said nothing of itself has nothing to do but that, once on each connection. */
    static final int MAX_CALLS_OF_STRANGERS = 32;

    /** Twice what the default settings keep under way between two peers; one answer is given whatever its size. */
    static final long MAX_UNFETCHED_BYTES = 64L << 20;

    private final ConcurrentMap<String, Account> accounts = new ConcurrentHashMap<>();

    private static final class Account {
        int calls;
        long unfetched;
    }

    /** One call. */
    final class Call {
        private final String caller;
        private long unfetched;
        private boolean over;

        private Call(String caller) {
            this.caller = caller;
        }

        /** Whether an answer of this size may be given now; then it counts until the call is over. */
        boolean mayAnswer(int bytes) {
            boolean[] granted = {false};
            accounts.computeIfPresent(caller, (key, account) -> {
                if (!over && (account.unfetched == 0 || account.unfetched + bytes <= MAX_UNFETCHED_BYTES)) {
                    account.unfetched += bytes;
                    unfetched += bytes;
                    granted[0] = true;
                }
                return account;
            });
            return granted[0];
        }

        /** The caller has the answer, or does not want it any more. */
        void end() {
            accounts.computeIfPresent(caller, (key, account) -> {
                if (!over) {
                    over = true;
                    account.calls--;
                    account.unfetched -= unfetched;
                }
                return account.calls == 0 ? null : account;
            });
        }
    }

    /**
     * Begins a call, to be ended.
     *
     * @throws RefusalException if the caller has too many under way
     */
    Call begin(String caller, int maxCalls) {
        accounts.compute(caller, (key, known) -> {
            Account account = known == null ? new Account() : known;
            if (account.calls >= maxCalls) {
                throw new RefusalException(
                        RefusalException.Reason.BUSY, "This caller has " + account.calls + " calls under way already");
            }
            account.calls++;
            return account;
        });
        return new Call(caller);
    }
}
