package org.starling.auth.credential;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import java.time.Instant;
import org.starling.auth.account.Account;

/** A peer's Ed25519 key and the certificate that it uses now. A key belongs to the account that first proved to hold it. */
@Entity
class PeerKey {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    @ManyToOne
    @JoinColumn(name = "account_id")
    private Account account;

    private String peer;
    private byte[] publicKey;
    private String certificateThumbprint;
    private Instant createdAt;

    @SuppressWarnings("NullAway") // filled by JPA
    protected PeerKey() {}

    Account account() {
        return account;
    }

    void useCertificate(String thumbprint) {
        certificateThumbprint = thumbprint;
    }
}
