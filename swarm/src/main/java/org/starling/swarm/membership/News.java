package org.starling.swarm.membership;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.NewsItem;

/**
 * One signed statement of a peer about itself, with its signature verified. Of two statements of the same author and kind
 * the one with the greater sequence number counts.
 */
record News(NewsItem item, NewsBody body, PeerId author) {
    static final int MAX_PAYLOAD_BYTES = 8192;
    static final Duration MAX_LIFETIME = Duration.ofHours(1);

    /** How far the clocks of two peers may differ. */
    static final Duration MAX_CLOCK_SKEW = Duration.ofSeconds(60);

    private static final byte[] CONTEXT = "starling-news-v1".getBytes(StandardCharsets.US_ASCII);

    static News sign(NewsBody body, PeerIdentity identity) {
        ByteString payload = body.toByteString();
        NewsItem item = NewsItem.newBuilder()
                .setPayload(payload)
                .setAuthor(ByteString.copyFrom(identity.publicKey()))
                .setSignature(ByteString.copyFrom(identity.sign(signedBytes(payload))))
                .build();
        return new News(item, body, identity.id());
    }

    /** Parses and checks everything but the signature. @throws IllegalArgumentException saying what is wrong */
    static News parse(NewsItem item, String run, Instant now) {
        if (item.getPayload().size() > MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("news of " + item.getPayload().size() + " bytes");
        }
        if (item.getAuthor().size() != Ed25519.PUBLIC_KEY_BYTES) {
            throw new IllegalArgumentException("news without an author's key");
        }
        NewsBody body;
        try {
            body = NewsBody.parseFrom(item.getPayload());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("news that is no protobuf message", e);
        }
        if (!body.getRun().equals(run)) {
            throw new IllegalArgumentException("news of the run " + body.getRun());
        }
        Duration lifetime = Duration.ofMillis(body.getLifetimeMillis());
        if (lifetime.isNegative() || lifetime.isZero() || lifetime.compareTo(MAX_LIFETIME) > 0) {
            throw new IllegalArgumentException("news with a lifetime of " + lifetime);
        }
        Instant issuedAt = Instant.ofEpochMilli(body.getIssuedAtMillis());
        if (issuedAt.isAfter(now.plus(MAX_CLOCK_SKEW))) {
            throw new IllegalArgumentException("news from the future, " + issuedAt);
        }
        if (issuedAt.plus(lifetime).plus(MAX_CLOCK_SKEW).isBefore(now)) {
            throw new IllegalArgumentException("news that expired, issued at " + issuedAt);
        }
        return new News(item, body, PeerId.ofPublicKey(item.getAuthor().toByteArray()));
    }

    boolean hasValidSignature() {
        return Ed25519.verify(
                item.getAuthor().toByteArray(),
                signedBytes(item.getPayload()),
                item.getSignature().toByteArray());
    }

    private static byte[] signedBytes(ByteString payload) {
        return ByteBuffer.allocate(CONTEXT.length + payload.size())
                .put(CONTEXT)
                .put(payload.asReadOnlyByteBuffer())
                .array();
    }

    Duration lifetime() {
        return Duration.ofMillis(body.getLifetimeMillis());
    }

    Key key() {
        return new Key(author, body.getKindCase());
    }

    /** What a later statement replaces. */
    record Key(PeerId author, NewsBody.KindCase kind) {
        /** Eight bytes that stand for the key in digests. */
        long fingerprint() {
            return ByteBuffer.wrap(Hashes.sha256(author.toBytes(), new byte[] {(byte) kind.getNumber()}))
                    .getLong();
        }
    }
}
