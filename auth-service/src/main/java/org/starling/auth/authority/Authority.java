package org.starling.auth.authority;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.context.annotation.Lazy;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import org.starling.auth.AuthProperties;
import org.starling.swarm.identity.AuthorityKey;

/**
 * The authority: its name and its signing keys. The newest key signs, the older ones are still published. Immutable once
 * the service has started.
 */
@Service
@Lazy(false)
public class Authority implements InitializingBean {

    private static final Logger log = LoggerFactory.getLogger(Authority.class);

    private final SealedKeyRepository keys;
    private final AuthoritySecret secret;
    private final AuthProperties properties;
    private final InstantSource clock;
    private final TransactionTemplate transaction;
    private final List<AuthorityKey> opened = new ArrayList<>();

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

    @Override
    public void afterPropertiesSet() {
        opened.addAll(transaction.execute(status -> {
            List<SealedKey> stored = keys.findAllByOrderById();
            return stored.isEmpty()
                    ? List.of(create())
                    : stored.stream().map(this::open).toList();
        }));
    }

    private AuthorityKey create() {
        AuthorityKey key = AuthorityKey.create();
        byte[] plain = key.toPrivateJson().getBytes(StandardCharsets.UTF_8);
        keys.save(new SealedKey(key.keyId(), Seal.seal(secret.get(), key.keyId(), plain), clock.instant()));
        log.info("Signing key {} is made", key.keyId());
        return key;
    }

    private AuthorityKey open(SealedKey key) {
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

    /** The key that signs. */
    public AuthorityKey signingKey() {
        return opened.get(opened.size() - 1);
    }

    /** The name that tokens carry as issuer. */
    public String issuer() {
        return properties.issuer() != null
                ? properties.issuer()
                : "urn:starling:authority:" + opened.get(0).keyId();
    }

    /** The public keys as a JWK set. */
    public String jwks() {
        return AuthorityKey.toJwks(opened);
    }
}
