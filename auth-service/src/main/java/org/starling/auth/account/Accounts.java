package org.starling.auth.account;

import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.Problem;
import org.starling.auth.hub.HubAccount;

/** Knows everybody who was ever here. */
@Service
public class Accounts {

    private static final Logger log = LoggerFactory.getLogger(Accounts.class);

    private final AccountRepository accounts;
    private final Profiles profiles;
    private final InstantSource clock;

    Accounts(AccountRepository accounts, Profiles profiles, InstantSource clock) {
        this.accounts = accounts;
        this.profiles = profiles;
        this.clock = clock;
    }

    /**
     * The account of a person whom the hub vouches for; made at their first visit, and kept up to date with what the hub says.
     */
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
        if (person.organizations() != null && person.asOf() != null) {
            account.joinOrganizations(person.organizations(), person.asOf());
        }
        profiles.refresh(account);
        return account;
    }

    /** The name of the account that somebody named, by name or hub id; what they wrote if it was never here. */
    @Transactional(readOnly = true)
    public String nameOf(String nameOrHubId) {
        return accounts.findByHubId(nameOrHubId).map(Account::name).orElse(nameOrHubId);
    }

    /** The account of that name or hub id; a problem 404 if it was never here, 409 if the name does not say which one. */
    @Transactional(readOnly = true)
    public Account require(String nameOrHubId) {
        return accounts.findByHubId(nameOrHubId).orElseGet(() -> {
            List<Account> called = accounts.findByName(nameOrHubId);
            if (called.isEmpty()) {
                throw Problem.unknown("account", "No account '" + nameOrHubId + "' was ever here");
            }
            if (called.size() > 1) {
                throw Problem.taken(
                        "account",
                        "Several accounts were called '" + nameOrHubId + "'; give the id of one: "
                                + String.join(
                                        ", ",
                                        called.stream().map(Account::hubId).toList()));
            }
            return called.get(0);
        });
    }
}
