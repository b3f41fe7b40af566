package org.starling.swarm.identity;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.starling.swarm.digest.Hashes;

/** Self-signed P-256 certificates, and their RFC 8705 thumbprints. */
public final class Certificates {
    private static final Duration VALIDITY = Duration.ofDays(3650);
    private static final Duration BACKDATED = Duration.ofDays(1);
    private static final int MAX_DER_BYTES = 4096;

    private Certificates() {}

    static KeyPair newKeyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has P-256", e);
        }
    }

    static X509Certificate selfSign(KeyPair keys, String commonName, Instant now) {
        X500Name name = new X500Name("CN=" + commonName);
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    name,
                    new BigInteger(127, new SecureRandom()),
                    Date.from(now.minus(BACKDATED)),
                    Date.from(now.plus(VALIDITY)),
                    name,
                    keys.getPublic());
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        } catch (OperatorCreationException | CertificateException e) {
            throw new IllegalStateException("Cannot sign a certificate", e);
        }
    }

    /** @throws CredentialException if these are not the DER bytes of a certificate */
    public static X509Certificate parse(byte[] der) {
        if (der.length > MAX_DER_BYTES) {
            throw new CredentialException(
                    CredentialException.Reason.BAD_CERTIFICATE,
                    "The certificate has " + der.length + " bytes; at most " + MAX_DER_BYTES + " are accepted");
        }
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new CredentialException(
                    CredentialException.Reason.BAD_CERTIFICATE, "Not a DER-encoded X.509 certificate", e);
        }
    }

    /** The {@code x5t#S256} confirmation value of RFC 8705: base64url of the SHA-256 of the DER bytes. */
    public static String thumbprint(X509Certificate certificate) {
        try {
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Hashes.sha256(certificate.getEncoded()));
        } catch (CertificateEncodingException e) {
            throw new CredentialException(
                    CredentialException.Reason.BAD_CERTIFICATE, "The certificate cannot be encoded", e);
        }
    }
}
