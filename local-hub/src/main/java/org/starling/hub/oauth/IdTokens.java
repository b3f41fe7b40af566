package org.starling.hub.oauth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.starling.hub.HubProperties;

/** Signs identity tokens with RS256. The key is made at the first login and kept in the data folder. */
@Component
final class IdTokens {

    private static final Duration LIFETIME = Duration.ofHours(1);

    private final Path keyFile;
    private final InstantSource clock;
    private @Nullable RSAKey key;

    IdTokens(HubProperties properties, InstantSource clock) {
        this.keyFile = properties.data().resolve("id-token-key.json");
        this.clock = clock;
    }

    /** The public keys. */
    Map<String, Object> publicKeys() {
        return new JWKSet(key().toPublicJWK()).toJSONObject();
    }

    /** A signed identity token for what was issued. */
    String sign(String issuer, String picture, Grants.Issued issued) {
        Instant now = clock.instant();
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(issuer)
                .subject(issued.account().id())
                .audience(issued.clientId())
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(LIFETIME)))
                .claim("auth_time", issued.authenticatedAt().getEpochSecond());
        if (issued.nonce() != null) {
            claims.claim("nonce", issued.nonce());
        }
        if (issued.scopes().contains("profile")) {
            claims.claim("name", issued.account().fullName())
                    .claim("preferred_username", issued.account().name())
                    .claim("profile", issuer + "/" + issued.account().name())
                    .claim("picture", picture);
        }
        try {
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.RS256)
                            .keyID(key().getKeyID())
                            .build(),
                    claims.build());
            token.sign(new RSASSASigner(key()));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private synchronized RSAKey key() {
        RSAKey current = key;
        if (current == null) {
            current = load();
            key = current;
        }
        return current;
    }

    private RSAKey load() {
        try {
            if (Files.exists(keyFile)) {
                return RSAKey.parse(Files.readString(keyFile));
            }
            RSAKey made = new RSAKeyGenerator(2048)
                    .keyUse(KeyUse.SIGNATURE)
                    .algorithm(JWSAlgorithm.RS256)
                    .keyIDFromThumbprint(true)
                    .generate();
            Files.createDirectories(keyFile.getParent());
            Files.writeString(keyFile, "");
            if (keyFile.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(keyFile, PosixFilePermissions.fromString("rw-------"));
            }
            Files.writeString(keyFile, made.toJSONString());
            return made;
        } catch (IOException | ParseException | JOSEException e) {
            throw new IllegalStateException(
                    "The signing key " + keyFile + " cannot be read or made; delete the file to make a new one", e);
        }
    }
}
