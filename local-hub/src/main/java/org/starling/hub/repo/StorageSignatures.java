package org.starling.hub.repo;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.starling.hub.HubProperties;
import org.starling.hub.web.HubException;

/** Signed addresses: whoever has one may use it until it expires, and needs no login. Good until the hub restarts. */
@Component
final class StorageSignatures {

    private final SecretKeySpec key;
    private final InstantSource clock;
    private final Duration lifetime;

    StorageSignatures(InstantSource clock, HubProperties properties) {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        this.key = new SecretKeySpec(bytes, "HmacSHA256");
        this.clock = clock;
        this.lifetime = properties.storageUrlLifetime();
    }

    /** A path with a signature for one method. */
    String sign(String method, String path) {
        long expires = clock.instant().plus(lifetime).getEpochSecond();
        return path + "?expires=" + expires + "&signature=" + signature(method, path, expires);
    }

    /**
     * Checks a signed address.
     *
     * @throws HubException 403 when the signature is wrong or has expired
     */
    void check(String method, String path, long expires, String signature) {
        if (!MessageDigest.isEqual(
                signature(method, path, expires).getBytes(StandardCharsets.US_ASCII),
                signature.getBytes(StandardCharsets.US_ASCII))) {
            throw new HubException(HttpStatus.FORBIDDEN, "SignatureDoesNotMatch");
        }
        if (!clock.instant().isBefore(Instant.ofEpochSecond(expires))) {
            throw new HubException(HttpStatus.FORBIDDEN, "Request has expired");
        }
    }

    private String signature(String method, String path, long expires) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return HexFormat.of()
                    .formatHex(mac.doFinal((method + "\n" + path + "\n" + expires).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
