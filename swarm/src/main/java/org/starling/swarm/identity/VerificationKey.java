package org.starling.swarm.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.ECKey;
import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.jcajce.provider.asymmetric.util.EC5Util;
import org.starling.swarm.digest.Hashes;

/**
 * A public key of the authority, kept in the form in which it verifies: BouncyCastle's, whose tables of multiples of this key and
 * of the curve's base point are computed after some signatures and used from then on. A provider gets a new key for each
 * signature, and computes with neither. Immutable to those who use it, and safe for use by several threads.
 */
final class VerificationKey {
    static final int SIGNATURE_BYTES = 64;

    private final ECPublicKeyParameters key;

    /** @throws JOSEException if the point is not on the curve */
    VerificationKey(ECKey jwk) throws JOSEException {
        java.security.interfaces.ECPublicKey published = jwk.toECPublicKey();
        key = new ECPublicKeyParameters(
                P256.DOMAIN.validatePublicPoint(EC5Util.convertPoint(P256.DOMAIN.getCurve(), published.getW())),
                P256.DOMAIN);
    }

    /** Whether this key made the signature: ECDSA with SHA-256 (FIPS 186-4), R and S of 32 bytes each, big-endian. */
    boolean verify(byte[] message, byte[] signature) {
        if (signature.length != SIGNATURE_BYTES) {
            return false;
        }
        ECDSASigner verifier = new ECDSASigner();
        verifier.init(false, key);
        return verifier.verifySignature(
                Hashes.sha256(message),
                new BigInteger(1, Arrays.copyOfRange(signature, 0, SIGNATURE_BYTES / 2)),
                new BigInteger(1, Arrays.copyOfRange(signature, SIGNATURE_BYTES / 2, SIGNATURE_BYTES)));
    }
}
