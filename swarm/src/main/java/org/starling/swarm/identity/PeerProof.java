package org.starling.swarm.identity;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

/**
 * Proof that whoever asks for a token holds the peer's Ed25519 key and wants it bound to this certificate, in this run,
 * now. The signed message is {@code "starling-join-v1"}, the run, the time in epoch milliseconds, the nonce and the
 * certificate's thumbprint, each string preceded by its length in two bytes.
 *
 * @param nonce random, so that the verifier can refuse to see a proof twice
 * @param signature Ed25519, 64 bytes
 */
public record PeerProof(Instant time, byte[] nonce, byte[] signature) {
    /** How far the clocks of the peer and of the auth service may differ. */
    public static final Duration MAX_CLOCK_SKEW = Duration.ofMinutes(5);

    private static final int NONCE_BYTES = 16;

    public static PeerProof create(PeerIdentity identity, String run, Instant now) {
        byte[] nonce = new byte[NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        Instant time = Instant.ofEpochMilli(now.toEpochMilli());
        String thumbprint = Certificates.thumbprint(identity.certificate());
        return new PeerProof(time, nonce, identity.sign(message(run, time, nonce, thumbprint)));
    }

    /** @throws CredentialException if the proof is not by this key for this certificate and run, or is not recent */
    public void verify(byte[] ed25519PublicKey, X509Certificate certificate, String run, Instant now) {
        if (Duration.between(time, now).abs().compareTo(MAX_CLOCK_SKEW) > 0) {
            throw new CredentialException(
                    CredentialException.Reason.BAD_PROOF,
                    "The proof was made at " + time + " but it is " + now + " here; set the peer's clock");
        }
        if (nonce.length != NONCE_BYTES
                || !Ed25519.verify(
                        ed25519PublicKey, message(run, time, nonce, Certificates.thumbprint(certificate)), signature)) {
            throw new CredentialException(
                    CredentialException.Reason.BAD_PROOF,
                    "The proof is not signed by the peer's key for this certificate and the run " + run);
        }
    }

    private static byte[] message(String run, Instant time, byte[] nonce, String thumbprint) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeUTF("starling-join-v1");
            out.writeUTF(run);
            out.writeLong(time.toEpochMilli());
            out.write(nonce);
            out.writeUTF(thumbprint);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
