package org.starling.auth.account;

import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.hub.HubAccount;

/** Knows everybody who was ever here. */
@Service
public class Accounts {

    private static final Logger log = LoggerFactory.getLogger(Accounts.class);

    private final AccountRepository accounts;
    private final InstantSource clock;

    Accounts(AccountRepository accounts, InstantSource clock) {
        this.accounts = accounts;
        this.clock = clock;
    }

    /** The account of a person whom the hub vouches for; made at their first visit, renamed when the hub says so. */
    @Transactional
    public Account of(HubAccount person) {
        Account account = accounts.findByHubId(person.id()).orElseGet(() -> {
            accounts.insertIfAbsent(person.id(), person.name(), clock.instant());
            return accounts.findByHubId(person.id()).orElseThrow();
        });
        if (!account.name().equals(person.name())) {
            log.info("Account {} is now called {} (was {})", account.hubId(), person.name(), account.name());
            account.rename(person.name());
        }
        return account;
    }
}
