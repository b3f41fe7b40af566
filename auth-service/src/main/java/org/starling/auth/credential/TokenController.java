package org.starling.auth.credential;

import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import org.starling.auth.AuthProperties;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import org.starling.auth.device.PeerCredentials;
import org.starling.auth.visit.PersonalVisit;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerProof;
import org.starling.swarm.identity.Role;

/** {@code POST .../tokens}: all that a peer needs to take part. */
@RestController
class TokenController {

    private final TokenIssuer issuer;
    private final AuthProperties properties;

    TokenController(TokenIssuer issuer, AuthProperties properties) {
        this.issuer = issuer;
        this.properties = properties;
    }

    record Ask(
            byte[] ed25519PublicKey,
            byte[] certificate,
            @Nullable List<String> roles,
            Proof proof) {
        Ask {
            require(
                    ed25519PublicKey != null && ed25519PublicKey.length == 32,
                    "ed25519PublicKey must be 32 bytes in base64");
            require(certificate != null && certificate.length > 0, "certificate must be a DER certificate in base64");
            require(proof != null, "proof is missing");
        }

        Set<Role> roleSet() {
            EnumSet<Role> set = EnumSet.noneOf(Role.class);
            if (roles == null || roles.isEmpty()) {
                set.add(Role.TRAINER);
            } else {
                roles.forEach(role -> set.add(Role.ofClaim(String.valueOf(role))));
            }
            return set;
        }
    }

    record Proof(@Nullable Long timeMillis, byte[] nonce, byte[] signature) {
        Proof {
            require(timeMillis != null, "proof.timeMillis is missing");
            require(nonce != null, "proof.nonce is missing");
            require(signature != null && signature.length == 64, "proof.signature must be 64 bytes in base64");
        }
    }

    /**
     * Everything a peer keeps, so that it can start again while this service is away.
     *
     * @param ordersUntil the number of the last order, if there are more, which {@code GET .../orders?after=} tells
     */
    record Granted(
            String token,
            Instant expiresAt,
            String issuer,
            @JsonRawValue String jwks,
            @JsonRawValue String run,
            List<String> entryPoints,
            List<byte[]> orders,
            @Nullable Long ordersUntil) {}

    /** @param state {@code pending}: a moderator has to decide; {@code unconfirmed}: the person has to log in at the hub */
    record Waiting(String state, @Nullable Instant since, String message) {}

    @PostMapping("/api/v1/runs/{organisation}/{name}/tokens")
    ResponseEntity<Object> issue(
            PersonalVisit visit,
            @RequestBody Ask ask,
            @RequestAttribute(name = PeerCredentials.BOUND_PEER, required = false) @Nullable PeerId boundTo) {
        if (boundTo != null && !boundTo.equals(PeerId.ofPublicKey(ask.ed25519PublicKey()))) {
            throw Problem.forbidden(
                    "Another peer's credential",
                    "The credential was given to the peer " + boundTo.abbreviated() + "; log this peer in by itself");
        }
        PeerProof proof = new PeerProof(
                Instant.ofEpochMilli(Objects.requireNonNull(ask.proof().timeMillis())),
                ask.proof().nonce(),
                ask.proof().signature());
        TokenIssuer.Outcome outcome = issuer.issue(
                visit.run(), visit.visitor(), ask.ed25519PublicKey(), ask.certificate(), ask.roleSet(), proof);
        if (outcome instanceof TokenIssuer.Outcome.Pending pending) {
            return ResponseEntity.accepted()
                    .body(new Waiting(
                            "pending",
                            pending.since(),
                            "A moderator of " + visit.run().name() + " has to approve "
                                    + visit.visitor().name() + "; ask again later"));
        }
        if (outcome instanceof TokenIssuer.Outcome.Unconfirmed unconfirmed) {
            return ResponseEntity.accepted().body(waiting(visit.visitor(), unconfirmed));
        }
        TokenIssuer.Outcome.Issued issued = (TokenIssuer.Outcome.Issued) outcome;
        return ResponseEntity.ok()
                .cacheControl(CacheControl.noStore())
                .body(new Granted(
                        issued.token().compact(),
                        issued.token().expiresAt(),
                        issued.keys().issuer(),
                        issued.keys().jwks(),
                        visit.run().configuration(),
                        visit.run().entryPoints(),
                        issued.orders().messages(),
                        issued.orders().until()));
    }

    private Waiting waiting(Account person, TokenIssuer.Outcome.Unconfirmed unconfirmed) {
        String page = properties.base(
                ServletUriComponentsBuilder.fromCurrentContextPath().toUriString());
        return new Waiting(
                "unconfirmed",
                unconfirmed.told(),
                person.name() + " takes part as " + unconfirmed.admittedAs() + ", which Hugging Face has to confirm"
                        + " now and then; log in at " + page + "/, or give the peer HF_TOKEN");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
