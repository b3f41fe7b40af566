package org.starling.auth.account;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.hub.HubProfiles;

/** Asks the hub for public profiles aside, so that nobody waits for it. */
@Component
class Profiles implements DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(Profiles.class);
    private static final Duration GOOD_FOR = Duration.ofDays(1);
    private static final Duration RETRY = Duration.ofMinutes(5);
    private static final int MAX_WAITING = 200;

    private final HubProfiles hub;
    private final AccountRepository accounts;
    private final TransactionTemplate transaction;
    private final InstantSource clock;
    private final Cache<String, Boolean> asked =
            Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(RETRY).build();
    private final ThreadPoolExecutor worker =
            new ThreadPoolExecutor(0, 1, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WAITING), task -> {
                Thread thread = new Thread(task, "profiles");
                thread.setDaemon(true);
                return thread;
            });

    Profiles(HubProfiles hub, AccountRepository accounts, TransactionTemplate transaction, InstantSource clock) {
        this.hub = hub;
        this.accounts = accounts;
        this.transaction = transaction;
        this.clock = clock;
    }

    /** Has the account's profile brought up to date after this transaction, some time, if it is old. Returns at once. */
    void refresh(Account account) {
        Instant known = account.profileAt();
        if ((known != null && clock.instant().isBefore(known.plus(GOOD_FOR)))
                || asked.asMap().putIfAbsent(account.hubId(), true) != null) {
            return;
        }
        HubAccount person = new HubAccount(account.hubId(), account.name());
        // Not earlier: a hub that answers before the account is there would be asked in vain.
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCompletion(int status) {
                begin(person);
            }
        });
    }

    private void begin(HubAccount person) {
        try {
            worker.execute(() -> ask(person));
        } catch (RejectedExecutionException e) {
            asked.invalidate(person.id());
            log.debug("Too many profiles wait for the hub; {} is asked for another time", person.name());
        }
    }

    private void ask(HubAccount person) {
        try {
            hub.find(person)
                    .ifPresent(profile -> transaction.executeWithoutResult(status -> accounts.findByHubId(person.id())
                            .ifPresent(account -> account.show(profile, clock.instant()))));
        } catch (RuntimeException e) {
            log.warn("The profile of {} is not kept", person.name(), e);
        }
    }

    @Override
    public void destroy() {
        worker.shutdownNow();
    }
}
