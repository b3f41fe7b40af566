package org.starling.swarm.wire;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.wire.proto.HelloReply;
import org.starling.swarm.wire.proto.HelloRequest;

/**
 * One's own credentials and those that other peers have shown on their connections. Verifying is done once per
 * certificate and remembered until the token expires. Safe for use by several threads.
 */
public final class Credentials {
    private static final int MAX_CALLERS = 8192;

    private final PeerIdentity identity;
    private final TokenVerifier verifier;
    private volatile AccessToken token;
    private final Map<String, Caller> callers = BoundedMaps.ofLastUsed(MAX_CALLERS);
    private final List<Runnable> reviewers = new CopyOnWriteArrayList<>();
    private final List<Runnable> doubters = new CopyOnWriteArrayList<>();

    /** @param token one's own; replaced with {@link #renew} */
    public Credentials(PeerIdentity identity, TokenVerifier verifier, AccessToken token) {
        this.identity = identity;
        this.verifier = verifier;
        this.token = token;
    }

    public PeerIdentity identity() {
        return identity;
    }

    public TokenVerifier verifier() {
        return verifier;
    }

    public AccessToken token() {
        return token;
    }

    /** Replaces one's own token by a newer one. */
    public void renew(AccessToken newer) {
        token = newer;
    }

    HelloRequest hello() {
        return HelloRequest.newBuilder()
                .setAccessToken(token().compact())
                .setPublicKey(ByteString.copyFrom(identity.publicKey()))
                .build();
    }

    HelloReply helloReply() {
        return HelloReply.newBuilder()
                .setAccessToken(token().compact())
                .setPublicKey(ByteString.copyFrom(identity.publicKey()))
                .build();
    }

    /**
     * Verifies what a peer shows on a connection with this certificate, and remembers it.
     *
     * @throws CredentialException if the token is not bound to this certificate and key
     */
    Caller admit(AccessToken shown, byte[] publicKey, String certificateThumbprint) {
        shown.requireCertificate(certificateThumbprint);
        if (!PeerId.ofPublicKey(publicKey).equals(shown.peer())) {
            throw new CredentialException(
                    CredentialException.Reason.WRONG_PEER_KEY,
                    "The token of " + shown.accountName() + " is bound to another peer key");
        }
        Caller caller = new Caller(shown, publicKey.clone());
        synchronized (callers) {
            callers.put(certificateThumbprint, caller);
        }
        return caller;
    }

    /** Who was admitted with this certificate, while the token lasts and the key that signed it is trusted. */
    Optional<Caller> find(String certificateThumbprint, Instant now) {
        Caller caller;
        synchronized (callers) {
            caller = callers.get(certificateThumbprint);
        }
        if (caller == null) {
            return Optional.empty();
        }
        try {
            verifier.verifyAt(caller.token().compact(), now);
            return Optional.of(caller);
        } catch (CredentialException notAnyMore) {
            synchronized (callers) {
                callers.remove(certificateThumbprint, caller);
            }
            return Optional.empty();
        }
    }

    /** Whether whoever was admitted with this certificate may stay connected. */
    boolean isWelcome(String certificateThumbprint, Instant now) {
        return find(certificateThumbprint, now)
                .filter(caller -> verifier.isWelcome(caller.token()))
                .isPresent();
    }

    /**
     * Has something done whenever another peer and this one turn out to trust different keys of the authority: one of the two has
     * missed that a key was added or revoked, and if it is this one, nobody who knows can tell it. Done on a network thread, as
     * often as calls fail for it; the other peer may lie.
     */
    public void onKeysDiffer(Runnable doubter) {
        doubters.add(doubter);
    }

    void keysDiffer() {
        doubters.forEach(Runnable::run);
    }

    /** Has something done at each {@link #review}. */
    void onReview(Runnable reviewer) {
        reviewers.add(reviewer);
    }

    /**
     * Ends the connections of those that may not take part any more: of the banned, and of those whose token is signed by a key
     * that is not trusted any more. Call it when that may have changed.
     */
    public void review() {
        reviewers.forEach(Runnable::run);
    }
}
