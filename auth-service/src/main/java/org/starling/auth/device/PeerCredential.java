package org.starling.auth.device;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import java.time.Instant;
import org.starling.auth.account.Account;
import org.starling.swarm.identity.PeerId;

/** The right of one peer to ask for tokens in the name of one account. */
@Entity
class PeerCredential {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String tokenHash;

    @ManyToOne
    @JoinColumn(name = "account_id")
    private Account account;

    private String peer;
    private Instant createdAt;
    private Instant expiresAt;

    @SuppressWarnings("NullAway") // filled by JPA
    protected PeerCredential() {}

    Account account() {
        return account;
    }

    PeerId peer() {
        return PeerId.parse(peer);
    }

    Instant expiresAt() {
        return expiresAt;
    }

    void extend(Instant until) {
        expiresAt = until;
    }
}
