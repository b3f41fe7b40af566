package org.starling.auth.authority;

import org.springframework.stereotype.Component;

/** Encrypts what must not lie readable in the database, with the secret that also guards the signing keys. */
@Component
public class Sealing {

    private final AuthoritySecret secret;

    Sealing(AuthoritySecret secret) {
        this.secret = secret;
    }

    /** @param name what it is; must be the same when it is opened */
    public byte[] seal(String name, byte[] plain) {
        return Seal.seal(secret.get(), name, plain);
    }

    /** @throws IllegalArgumentException if it was sealed with another secret or name, or was changed */
    public byte[] open(String name, byte[] sealed) {
        return Seal.open(secret.get(), name, sealed);
    }
}
