package org.starling.auth.authority;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A signing key as it lies in the database. */
@Entity
@Table(name = "authority_key")
class SealedKey {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String keyId;
    private byte[] sealed;
    private Instant createdAt;
    private @Nullable Instant retiredAt;
    private @Nullable Instant revokedAt;
    private @Nullable String revokeReason;

    @SuppressWarnings("NullAway") // filled by JPA
    protected SealedKey() {}

    SealedKey(String keyId, byte[] sealed, Instant createdAt) {
        this.keyId = keyId;
        this.sealed = sealed;
        this.createdAt = createdAt;
    }

    String keyId() {
        return keyId;
    }

    void retire(Instant now) {
        retiredAt = now;
    }

    void revoke(String reason, Instant now) {
        revokedAt = now;
        revokeReason = reason;
    }

    Instant createdAt() {
        return createdAt;
    }

    /** When another one began to sign, or null. */
    @Nullable Instant retiredAt() {
        return retiredAt;
    }

    @Nullable Instant revokedAt() {
        return revokedAt;
    }

    @Nullable String revokeReason() {
        return revokeReason;
    }

    byte[] sealed() {
        return sealed;
    }
}
