package org.starling.auth.device;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.account.Account;
import org.starling.auth.audit.AuditLog;
import org.starling.auth.run.Run;
import org.starling.swarm.identity.PeerId;

/**
 * Machines that wait for a person to say that they act for them: the device authorization grant of RFC 8628. All of it is
 * in the database, so any instance of this service answers any poll.
 */
@Service
public class DeviceGrants {

    static final Duration LIFETIME = Duration.ofMinutes(15);
    static final Duration INTERVAL = Duration.ofSeconds(5);
    static final int SLOW_DOWN_SECONDS = 5;
    /** Machines that may wait behind one address, a university's perhaps. */
    static final int MAX_WAITING_AT_ADDRESS = 50;

    /** An expired code is remembered, so that the machine hears that it has expired and not that it never was. */
    private static final Duration MEMORY = Duration.ofHours(1);

    private final DeviceGrantRepository grants;
    private final PeerCredentials credentials;
    private final AuditLog audit;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    DeviceGrants(DeviceGrantRepository grants, PeerCredentials credentials, AuditLog audit, InstantSource clock) {
        this.grants = grants;
        this.credentials = credentials;
        this.audit = audit;
        this.clock = clock;
    }

    /**
     * The machine that asks.
     *
     * @param peer its key
     * @param name what it says that it is
     * @param address where it asks from
     */
    record Device(PeerId peer, String name, String address) {}

    /** What a machine gets at once: one code for itself, one to show. */
    record Codes(String deviceCode, UserCode userCode) {}

    /** What a machine hears when it polls. */
    enum Poll {
        PENDING,
        TOO_EARLY,
        DENIED,
        EXPIRED,
        UNKNOWN,
        GRANTED
    }

    /**
     * The answer to a poll.
     *
     * @param credential there when granted
     * @param intervalSeconds how long to wait before the next poll
     */
    record PollAnswer(Poll poll, Optional<PeerCredentials.Issued> credential, int intervalSeconds) {}

    /** Begins; empty if too many machines wait at the address already. */
    @Transactional
    Optional<Codes> begin(Run run, Device device) {
        Instant now = clock.instant();
        grants.deleteExpiredBefore(now.minus(MEMORY));
        if (grants.countLive(device.address(), now) >= MAX_WAITING_AT_ADDRESS) {
            return Optional.empty();
        }
        String deviceCode = Secret.random(random);
        UserCode userCode = unusedCode();
        grants.save(new DeviceGrant(Secret.hash(deviceCode), userCode, run, device, INTERVAL, now, now.plus(LIFETIME)));
        return Optional.of(new Codes(deviceCode, userCode));
    }

    private UserCode unusedCode() {
        UserCode code = UserCode.random(random);
        while (grants.findByUserCode(code.letters()).isPresent()) {
            code = UserCode.random(random);
        }
        return code;
    }

    /** The machine that waits with this code. */
    @Transactional(readOnly = true)
    public Optional<DeviceGrant> findWaiting(UserCode code) {
        return grants.findByUserCode(code.letters()).filter(grant -> grant.waits(clock.instant()));
    }

    /**
     * A person's answer.
     *
     * @return the machine, or empty if none waits with this code any more
     */
    @Transactional
    public Optional<DeviceGrant> decide(UserCode code, Account person, boolean allowed) {
        Optional<DeviceGrant> waiting =
                grants.lockByUserCode(code.letters()).filter(grant -> grant.waits(clock.instant()));
        waiting.ifPresent(grant -> {
            grant.decide(person, allowed);
            audit.record(
                    person.toString(),
                    allowed ? "device.allow" : "device.deny",
                    grant.peer(),
                    grant.deviceName() + " at " + grant.address());
        });
        return waiting;
    }

    /** A machine asks whether somebody has decided. */
    @Transactional
    PollAnswer poll(String deviceCode) {
        DeviceGrant grant = grants.lockByDeviceCodeHash(Secret.hash(deviceCode)).orElse(null);
        if (grant == null) {
            return new PollAnswer(Poll.UNKNOWN, Optional.empty(), SLOW_DOWN_SECONDS);
        }
        Poll poll = grant.poll(clock.instant());
        Optional<PeerCredentials.Issued> credential = poll == Poll.GRANTED
                ? Optional.of(credentials.issue(
                        Objects.requireNonNull(grant.account()),
                        PeerId.parse(grant.peer()),
                        grant.deviceName(),
                        "device login"))
                : Optional.empty();
        return new PollAnswer(poll, credential, grant.intervalSeconds());
    }
}
