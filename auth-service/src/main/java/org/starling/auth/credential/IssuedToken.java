package org.starling.auth.credential;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import java.time.Instant;
import java.util.stream.Collectors;
import org.starling.auth.run.Run;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.Role;

/** That a token was issued; the token itself is not kept. */
@Entity
class IssuedToken {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String tokenId;

    @ManyToOne
    @JoinColumn(name = "run_id")
    private Run run;

    @ManyToOne
    @JoinColumn(name = "peer_key_id")
    private PeerKey peerKey;

    private String certificateThumbprint;
    private String roles;
    private Instant issuedAt;
    private Instant expiresAt;

    @SuppressWarnings("NullAway") // filled by JPA
    protected IssuedToken() {}

    IssuedToken(AccessToken token, Run run, PeerKey peerKey) {
        this.tokenId = token.tokenId();
        this.run = run;
        this.peerKey = peerKey;
        this.certificateThumbprint = token.certificateThumbprint();
        this.roles = token.roles().stream().map(Role::claim).sorted().collect(Collectors.joining(" "));
        this.issuedAt = token.issuedAt();
        this.expiresAt = token.expiresAt();
    }
}
