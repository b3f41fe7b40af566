package org.starling.auth.authority;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

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

    byte[] sealed() {
        return sealed;
    }
}
