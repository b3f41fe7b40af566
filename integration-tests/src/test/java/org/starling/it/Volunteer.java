package org.starling.it;

import java.io.IOException;
import java.net.URI;
import java.security.cert.CertificateEncodingException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.starling.launcher.suite.Account;
import org.starling.launcher.suite.Rest;
import org.starling.launcher.suite.Suite;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.PeerProof;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.identity.TrustedAuthority;
import tools.jackson.databind.JsonNode;

/** A peer that asks for tokens as every peer does, and then uses them otherwise. */
final class Volunteer {
    private final Suite suite;
    private final Account account;
    private final PeerIdentity identity = PeerIdentity.create();

    Volunteer(Suite suite, Account account) {
        this.suite = suite;
        this.account = account;
    }

    PeerIdentity identity() {
        return identity;
    }

    /** Asks for a token of a run; the answer may be that a moderator has to decide. */
    Rest.Answer ask(String run) throws IOException, InterruptedException, CertificateEncodingException {
        PeerProof proof = PeerProof.create(identity, run, Instant.now());
        Base64.Encoder base64 = Base64.getEncoder();
        return Rest.post(
                runAddress(run, "/tokens"),
                suite.hubToken(account),
                Map.of(
                        "ed25519PublicKey", base64.encodeToString(identity.publicKey()),
                        "certificate",
                                base64.encodeToString(identity.certificate().getEncoded()),
                        "roles", List.of("trainer"),
                        "proof",
                                Map.of(
                                        "timeMillis", proof.time().toEpochMilli(),
                                        "nonce", base64.encodeToString(proof.nonce()),
                                        "signature", base64.encodeToString(proof.signature()))));
    }

    /** Asks, has a moderator approve, and asks again. */
    Membership join(String run) throws Exception {
        Rest.Answer first = ask(run);
        if (first.status() == 202) {
            approve(run);
        }
        JsonNode granted = ask(run).orThrow();
        return new Membership(
                run,
                granted.path("token").asString(),
                TrustedAuthority.ofJwks(
                        granted.path("issuer").asString(), granted.path("jwks").toString()));
    }

    private void approve(String run) throws IOException, InterruptedException {
        String moderator = suite.hubToken(Account.MODERATOR);
        for (JsonNode request : Rest.get(runAddress(run, "/join-requests?state=pending"), moderator)
                .orThrow()) {
            if (request.path("account").asString().equals(account.name())) {
                Rest.post(
                                runAddress(
                                        run,
                                        "/join-requests/" + request.path("id").asString() + "/approve"),
                                moderator,
                                Map.of())
                        .orThrow();
            }
        }
    }

    private URI runAddress(String run, String path) {
        return suite.auth().resolve("/api/v1/runs/" + run + path);
    }

    /** What the auth service granted. */
    record Membership(String run, String token, TrustedAuthority authority) {
        TokenVerifier verifier() {
            return new TokenVerifier(() -> authority, run, InstantSource.system());
        }

        /** The token as a peer holds it. */
        AccessToken accessToken() {
            return verifier().verify(token);
        }
    }
}
