package org.starling.swarm.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.Signature;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.Test;

/** The authority's signatures, against those of the Java platform's own provider. */
class AuthoritySignaturesTest {
    /** After a few signatures the tables of the key are used; both ways have to be right. */
    private static final int MESSAGES = 60;

    private final AuthorityKey key = AuthorityKey.create();
    private final TrustedAuthority authority =
            TrustedAuthority.ofJwks("https://auth.example", AuthorityKey.toJwks(List.of(key)));

    private static byte[] message(int i) {
        return ByteBuffer.allocate(4 + i).putInt(i).array();
    }

    private ECKey jwk() throws Exception {
        return ECKey.parse(key.toPrivateJson());
    }

    private static Signature platform() throws Exception {
        return Signature.getInstance("SHA256withECDSAinP1363Format", "SunEC");
    }

    @Test
    void thePlatformVerifiesWhatTheAuthoritySigns() throws Exception {
        Signature platform = platform();
        for (int i = 0; i < MESSAGES; i++) {
            byte[] signature = key.sign(message(i));

            platform.initVerify(jwk().toECPublicKey());
            platform.update(message(i));
            assertThat(platform.verify(signature)).isTrue();
            assertThat(authority.verify(key.keyId(), message(i), signature)).isTrue();
            assertThat(authority.verify(key.keyId(), message(i + 1), signature)).isFalse();
        }
    }

    @Test
    void theAuthorityIsBelievedWhatThePlatformSigns() throws Exception {
        Signature platform = platform();
        for (int i = 0; i < MESSAGES; i++) {
            platform.initSign(jwk().toECPrivateKey());
            platform.update(message(i));
            byte[] signature = platform.sign();

            assertThat(authority.verify(key.keyId(), message(i), signature)).isTrue();
            signature[i % signature.length] ^= 1;
            assertThat(authority.verify(key.keyId(), message(i), signature)).isFalse();
        }
    }

    @Test
    void theSameMessageHasTheSameSignature() {
        assertThat(key.sign(message(1))).isEqualTo(key.sign(message(1))).isNotEqualTo(key.sign(message(2)));
    }

    @Test
    void numbersOutOfRangeAreNoSignature() {
        byte[] good = key.sign(message(0));
        byte[] r = Arrays.copyOf(good, 32);
        byte[] s = Arrays.copyOfRange(good, 32, 64);
        byte[] zero = new byte[32];
        byte[] order = BigIntegers.asUnsignedByteArray(32, P256.DOMAIN.getN());
        byte[] most = new byte[32];
        Arrays.fill(most, (byte) 0xff);

        for (byte[] bad : List.of(zero, order, most)) {
            assertThat(authority.verify(key.keyId(), message(0), join(bad, s))).isFalse();
            assertThat(authority.verify(key.keyId(), message(0), join(r, bad))).isFalse();
            assertThat(authority.verify(key.keyId(), message(0), join(bad, bad)))
                    .isFalse();
        }
        assertThat(authority.verify(key.keyId(), message(0), Arrays.copyOf(good, 63)))
                .isFalse();
        assertThat(authority.verify(key.keyId(), message(0), Arrays.copyOf(good, 65)))
                .isFalse();
        assertThat(authority.verify(key.keyId(), message(0), new byte[0])).isFalse();
        assertThat(authority.verify("another", message(0), good)).isFalse();
    }

    @Test
    void aPointBesideTheCurveIsNoKey() throws Exception {
        String jwks = AuthorityKey.toJwks(List.of(key));
        BigInteger y = jwk().getY().decodeToBigInteger();
        String beside = Base64URL.encode(BigIntegers.asUnsignedByteArray(32, y.flipBit(0)))
                .toString();

        assertThatThrownBy(() -> TrustedAuthority.ofJwks(
                        "https://auth.example", jwks.replace(jwk().getY().toString(), beside)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static byte[] join(byte[] r, byte[] s) {
        return ByteBuffer.allocate(64).put(r).put(s).array();
    }
}
