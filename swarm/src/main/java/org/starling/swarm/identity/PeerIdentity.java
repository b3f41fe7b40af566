package org.starling.swarm.identity;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.util.io.pem.PemObject;
import org.jspecify.annotations.Nullable;

/**
 * The secret keys of one peer: an Ed25519 key that signs its records and a P-256 key with a self-signed certificate for
 * its TLS connections. Immutable and safe for use by several threads.
 */
public final class PeerIdentity {
    private final Ed25519PrivateKeyParameters signingKey;
    private final byte[] publicKey;
    private final PrivateKey tlsKey;
    private final X509Certificate certificate;
    private final PeerId id;

    private PeerIdentity(Ed25519PrivateKeyParameters signingKey, PrivateKey tlsKey, X509Certificate certificate) {
        this.signingKey = signingKey;
        this.publicKey = signingKey.generatePublicKey().getEncoded();
        this.tlsKey = tlsKey;
        this.certificate = certificate;
        this.id = PeerId.ofPublicKey(publicKey);
    }

    /** A fresh identity with random keys. */
    public static PeerIdentity create() {
        return create(new Ed25519PrivateKeyParameters(new SecureRandom()));
    }

    /**
     * An identity whose signing key, and with it its id, follows from the seed; its TLS key is random.
     *
     * @param seed 32 bytes, as secret as the key
     */
    public static PeerIdentity ofSeed(byte[] seed) {
        return create(new Ed25519PrivateKeyParameters(seed, 0));
    }

    private static PeerIdentity create(Ed25519PrivateKeyParameters signingKey) {
        KeyPair tlsKeys = Certificates.newKeyPair();
        PeerId id = PeerId.ofPublicKey(signingKey.generatePublicKey().getEncoded());
        X509Certificate certificate =
                Certificates.selfSign(tlsKeys, id.toString().substring(0, 40), Instant.now());
        return new PeerIdentity(signingKey, tlsKeys.getPrivate(), certificate);
    }

    /**
     * Reads the identity from the file, or creates one there with access for the owner alone.
     *
     * @throws IOException if the file cannot be read or written, or does not hold an identity
     */
    public static PeerIdentity loadOrCreate(Path file) throws IOException {
        try {
            return load(file);
        } catch (NoSuchFileException e) {
            PeerIdentity identity = create();
            identity.save(file);
            return identity;
        }
    }

    /** @throws IOException if the file cannot be read or does not hold an identity */
    public static PeerIdentity load(Path file) throws IOException {
        String pem = Files.readString(file);
        Ed25519PrivateKeyParameters signingKey = null;
        PrivateKey tlsKey = null;
        X509Certificate certificate = null;
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            Object object;
            while ((object = parser.readObject()) != null) {
                if (object instanceof X509CertificateHolder holder) {
                    certificate = Certificates.parse(holder.getEncoded());
                } else if (object instanceof PrivateKeyInfo info) {
                    if (PrivateKeyFactory.createKey(info) instanceof Ed25519PrivateKeyParameters ed25519) {
                        signingKey = ed25519;
                    } else {
                        tlsKey = new JcaPEMKeyConverter().getPrivateKey(info);
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            throw notAnIdentity(file, e);
        }
        if (signingKey == null || tlsKey == null || certificate == null) {
            throw notAnIdentity(file, null);
        }
        return new PeerIdentity(signingKey, tlsKey, certificate);
    }

    private static IOException notAnIdentity(Path file, @Nullable Exception cause) {
        return new IOException(
                file
                        + " is not a peer identity (an Ed25519 key, a P-256 key and a certificate in PEM). Restore it from a"
                        + " copy, or remove it to start as a new peer",
                cause);
    }

    private void save(Path file) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
            pem.writeObject(new PemObject(
                    "PRIVATE KEY",
                    PrivateKeyInfoFactory.createPrivateKeyInfo(signingKey).getEncoded()));
            pem.writeObject(new PemObject("PRIVATE KEY", tlsKey.getEncoded()));
            pem.writeObject(certificate);
        }
        Path absolute = file.toAbsolutePath();
        Path folder = absolute.getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path temporary = absolute.resolveSibling(absolute.getFileName() + ".tmp");
        Files.deleteIfExists(temporary);
        Files.createFile(temporary, ownerOnly(absolute));
        Files.writeString(temporary, text.toString(), StandardOpenOption.WRITE);
        Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
    }

    private static FileAttribute<?>[] ownerOnly(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(Set.of(
                            java.nio.file.attribute.PosixFilePermission.OWNER_READ,
                            java.nio.file.attribute.PosixFilePermission.OWNER_WRITE))
                }
                : new FileAttribute<?>[0];
    }

    public PeerId id() {
        return id;
    }

    /** The raw 32 bytes of the Ed25519 public key. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    public PrivateKey tlsKey() {
        return tlsKey;
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** The 64-byte Ed25519 signature of the message. */
    public byte[] sign(byte[] message) {
        byte[] signature = Ed25519.sign(signingKey, message);
        Ed25519.made(publicKey, message, signature);
        return signature;
    }

    @Override
    public String toString() {
        return "PeerIdentity[" + id.abbreviated() + "]";
    }
}
