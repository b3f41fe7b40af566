package org.starling.auth.authority;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.context.annotation.Lazy;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;
import org.starling.auth.AuthProperties;
import org.starling.auth.Problem;
import org.starling.swarm.identity.AuthorityKey;

/**
 * The authority: its name and its signing keys. One key signs; those that signed before it are published as long as their
 * tokens live. Which keys there are is read from the database each time, so that all instances of the service agree.
 */
@Service
@Lazy(false)
public class Authority implements InitializingBean {

    private static final Logger log = LoggerFactory.getLogger(Authority.class);

    private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

    private final SealedKeyRepository keys;
    private final AuthoritySecret secret;
    private final AuthProperties properties;
    private final InstantSource clock;
    private final TransactionTemplate transaction;
    private final Map<String, AuthorityKey> opened = new ConcurrentHashMap<>();

    Authority(
            SealedKeyRepository keys,
            AuthoritySecret secret,
            AuthProperties properties,
            InstantSource clock,
            TransactionTemplate transaction) {
        this.keys = keys;
        this.secret = secret;
        this.properties = properties;
        this.clock = clock;
        this.transaction = transaction;
    }

    /** Opens every key, so that a wrong secret stops the start and not the first peer. */
    @Override
    public void afterPropertiesSet() {
        transaction.executeWithoutResult(status -> {
            keys.lock();
            if (keys.findAllByOrderById().isEmpty()) {
                add(AuthorityKey.create());
            }
            keys.findAllByOrderById().forEach(this::open);
        });
    }

    private void add(AuthorityKey key) {
        byte[] plain = key.toPrivateJson().getBytes(StandardCharsets.UTF_8);
        keys.save(new SealedKey(key.keyId(), Seal.seal(secret.get(), key.keyId(), plain), clock.instant()));
        log.info("Signing key {} is made", key.keyId());
    }

    private AuthorityKey open(SealedKey key) {
        return opened.computeIfAbsent(key.keyId(), id -> decrypt(key));
    }

    private AuthorityKey decrypt(SealedKey key) {
        try {
            return AuthorityKey.ofPrivateJson(
                    new String(Seal.open(secret.get(), key.keyId(), key.sealed()), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(
                    "The signing key in the database cannot be decrypted: " + e.getMessage()
                            + ". Set STARLING_AUTH_SECRET to the one that was used when the database was made, or"
                            + " restore the file 'secret' in " + properties.data(),
                    e);
        }
    }

    /**
     * The authority at one moment.
     *
     * @param issuer the name that tokens carry as issuer
     * @param signing the key that signs
     * @param trusted what peers are to trust: the key that signs, and retired ones whose tokens may live, unless revoked
     */
    public record Keyring(String issuer, AuthorityKey signing, List<AuthorityKey> trusted) {
        /** The keys that peers are to trust as a JWK set. */
        public String jwks() {
            return AuthorityKey.toJwks(trusted);
        }
    }

    /** The authority now. One query: whoever needs several of its parts asks once. */
    public Keyring keyring() {
        List<SealedKey> all = keys.findAllByOrderById();
        Instant oldest = clock.instant().minus(properties.tokenLifetime()).minus(CLOCK_SKEW);
        return new Keyring(
                properties.issuer() != null
                        ? properties.issuer()
                        : "urn:starling:authority:" + all.get(0).keyId(),
                all.stream()
                        .filter(key -> key.retiredAt() == null)
                        .map(this::open)
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException("One key always signs")),
                all.stream()
                        .filter(key -> key.revokedAt() == null)
                        .filter(key ->
                                key.retiredAt() == null || key.retiredAt().isAfter(oldest))
                        .map(this::open)
                        .toList());
    }

    /**
     * Signs with a new key from now on; the tokens of the old one stay good until they expire.
     *
     * @param tell tells the swarm of the new key; what it signs, the old one signs
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public KeyState rotate(Consumer<AuthorityKey> tell) {
        keys.lock();
        AuthorityKey next = AuthorityKey.create();
        tell.accept(next);
        keys.findAllByOrderById().stream()
                .filter(key -> key.retiredAt() == null)
                .forEach(key -> key.retire(clock.instant()));
        keys.flush();
        add(next);
        return require(next.keyId());
    }

    /**
     * Lets nothing count any more that a retired key has signed.
     *
     * @param tell tells the swarm
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public KeyState revoke(String keyId, String reason, Runnable tell) {
        keys.lock();
        SealedKey key = keys.findAllByOrderById().stream()
                .filter(each -> each.keyId().equals(keyId))
                .findFirst()
                .orElseThrow(() -> Problem.notFound("There is no signing key " + keyId));
        if (key.retiredAt() == null) {
            throw Problem.conflict("This key signs; let a new one take its place first");
        }
        if (key.revokedAt() == null) {
            key.revoke(reason, clock.instant());
            tell.run();
        }
        return require(keyId);
    }

    /**
     * A signing key, without the key.
     *
     * @param retiredAt when another one took its place
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record KeyState(
            String keyId,
            Instant createdAt,
            @Nullable Instant retiredAt,
            @Nullable Instant revokedAt,
            @Nullable String revokeReason) {}

    /** All keys that there ever were, the first one first. */
    public List<KeyState> states() {
        return keys.findAllByOrderById().stream()
                .map(key -> new KeyState(
                        key.keyId(), key.createdAt(), key.retiredAt(), key.revokedAt(), key.revokeReason()))
                .toList();
    }

    private KeyState require(String keyId) {
        return states().stream()
                .filter(key -> key.keyId().equals(keyId))
                .findFirst()
                .orElseThrow();
    }
}
