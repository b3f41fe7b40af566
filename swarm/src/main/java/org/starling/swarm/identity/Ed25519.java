package org.starling.swarm.identity;

import java.util.Collections;
import java.util.Set;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.runtime.BoundedMaps;

/**
 * Ed25519 (RFC 8032) over BouncyCastle's lightweight API, which verifies several times faster than the JDK's provider.
 */
public final class Ed25519 {
    public static final int PUBLIC_KEY_BYTES = 32;
    public static final int SIGNATURE_BYTES = 64;

    private static volatile @Nullable Set<Digest> found;

    private Ed25519() {}

    /**
     * Remembers the signatures that were found valid last, for a process that runs many peers: what one has verified the
     * others need not verify again. Changes no result.
     *
     * @param signatures how many are remembered; they take some 120 bytes each
     */
    public static void remember(int signatures) {
        found = Collections.newSetFromMap(Collections.synchronizedMap(BoundedMaps.ofNewest(signatures)));
    }

    static byte[] sign(Ed25519PrivateKeyParameters key, byte[] message) {
        Ed25519Signer signer = new Ed25519Signer();
        signer.init(true, key);
        signer.update(message, 0, message.length);
        return signer.generateSignature();
    }

    /** Remembers a signature that was made in this process, if any are remembered. */
    static void made(byte[] publicKey, byte[] message, byte[] signature) {
        Set<Digest> known = found;
        if (known != null) {
            known.add(Digest.of(Hashes.sha256(publicKey, signature, message)));
        }
    }

    /** Whether the signature is valid; malformed keys and signatures are simply not. */
    public static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
        if (publicKey.length != PUBLIC_KEY_BYTES || signature.length != SIGNATURE_BYTES) {
            return false;
        }
        Set<Digest> known = found;
        if (known == null) {
            return isValid(publicKey, message, signature);
        }
        Digest triple = Digest.of(Hashes.sha256(publicKey, signature, message));
        boolean valid = known.contains(triple) || isValid(publicKey, message, signature);
        if (valid) {
            known.add(triple);
        }
        return valid;
    }

    private static boolean isValid(byte[] publicKey, byte[] message, byte[] signature) {
        Ed25519PublicKeyParameters key;
        try {
            key = new Ed25519PublicKeyParameters(publicKey, 0);
        } catch (IllegalArgumentException notAPoint) {
            return false;
        }
        Ed25519Signer verifier = new Ed25519Signer();
        verifier.init(false, key);
        verifier.update(message, 0, message.length);
        return verifier.verifySignature(signature);
    }
}
