package org.starling.auth.device;

import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.starling.auth.account.Account;
import org.starling.auth.run.Run;

/** A machine's wish to act for a person, who has not been named yet. */
@Entity
public class DeviceGrant {

    enum State {
        PENDING,
        ALLOWED,
        DENIED,
        /** The machine has its credential; the code is used up. */
        REDEEMED
    }

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String deviceCodeHash;
    private String userCode;

    @ManyToOne
    @JoinColumn(name = "run_id")
    private Run run;

    private String peer;
    private String deviceName;
    private String address;

    @Enumerated(EnumType.STRING)
    private State state;

    @ManyToOne
    @JoinColumn(name = "account_id")
    private @Nullable Account account;

    private int intervalSeconds;
    private @Nullable Instant polledAt;
    private Instant createdAt;
    private Instant expiresAt;

    @SuppressWarnings("NullAway") // filled by JPA
    protected DeviceGrant() {}

    DeviceGrant(
            String deviceCodeHash,
            UserCode userCode,
            Run run,
            DeviceGrants.Device device,
            Duration interval,
            Instant createdAt,
            Instant expiresAt) {
        this.deviceCodeHash = deviceCodeHash;
        this.userCode = userCode.letters();
        this.run = run;
        this.peer = device.peer().toString();
        this.deviceName = device.name();
        this.address = device.address();
        this.state = State.PENDING;
        this.intervalSeconds = Math.toIntExact(interval.toSeconds());
        this.createdAt = createdAt;
        this.expiresAt = expiresAt;
    }

    boolean isExpired(Instant now) {
        return !now.isBefore(expiresAt);
    }

    /** Whether somebody still has to decide. */
    boolean waits(Instant now) {
        return state == State.PENDING && !isExpired(now);
    }

    void decide(Account person, boolean allowed) {
        account = person;
        state = allowed ? State.ALLOWED : State.DENIED;
    }

    /**
     * A poll of the machine (RFC 8628, section 3.5). Each that comes too early makes the interval five seconds longer.
     *
     * @return what to tell it; with {@link DeviceGrants.Poll#GRANTED} the code is used up
     */
    DeviceGrants.Poll poll(Instant now) {
        Instant last = polledAt;
        boolean early = last != null && now.isBefore(last.plusSeconds(intervalSeconds));
        polledAt = now;
        return switch (state) {
            case REDEEMED -> DeviceGrants.Poll.UNKNOWN;
            case DENIED -> DeviceGrants.Poll.DENIED;
            case ALLOWED -> {
                if (isExpired(now)) {
                    yield DeviceGrants.Poll.EXPIRED;
                }
                state = State.REDEEMED;
                yield DeviceGrants.Poll.GRANTED;
            }
            case PENDING -> {
                if (isExpired(now)) {
                    yield DeviceGrants.Poll.EXPIRED;
                }
                if (early) {
                    intervalSeconds += DeviceGrants.SLOW_DOWN_SECONDS;
                    yield DeviceGrants.Poll.TOO_EARLY;
                }
                yield DeviceGrants.Poll.PENDING;
            }
        };
    }

    public UserCode userCode() {
        return new UserCode(userCode);
    }

    /** The run that the machine wants to take part in. */
    public Run run() {
        return run;
    }

    /** The name of the machine's peer key. */
    public String peer() {
        return peer;
    }

    /** What the machine says that it is. Not to be trusted. */
    public String deviceName() {
        return deviceName;
    }

    /** The network address that asked. */
    public String address() {
        return address;
    }

    public Instant createdAt() {
        return createdAt;
    }

    public Instant expiresAt() {
        return expiresAt;
    }

    /** Who decided, or null. */
    @Nullable Account account() {
        return account;
    }

    int intervalSeconds() {
        return intervalSeconds;
    }
}
