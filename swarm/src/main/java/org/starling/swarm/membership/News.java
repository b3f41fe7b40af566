package org.starling.swarm.membership;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.runtime.SharedResults;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.NewsBody.KindCase;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;

/**
 * One signed statement of a peer about itself. Of two statements of the same author and kind the one with the greater
 * sequence number counts. Remembers what follows from it; safe for use by several threads.
 */
final class News {
    static final int MAX_PAYLOAD_BYTES = 8192;
    static final Duration MAX_LIFETIME = Duration.ofHours(1);

    /** How far the clocks of two peers may differ. */
    static final Duration MAX_CLOCK_SKEW = Duration.ofSeconds(60);

    private static final byte[] CONTEXT = "starling-news-v2".getBytes(StandardCharsets.US_ASCII);
    private static final SharedResults<NewsItem, News> PARSED = new SharedResults<>();

    // sequence numbers are milliseconds and statements live an hour: 24 bits tell the newer of two
    private static final int SEQUENCE_BITS = 24;

    private final NewsItem item;
    private final NewsBody body;
    private final Author author;
    private final long name;
    private volatile @Nullable String signedFor;
    private volatile @Nullable Contact contact;
    private volatile @Nullable Progress moved;

    /** What a peer record says besides its token: the roles that exist, and where to call. */
    private record Contact(Set<Role> roles, Optional<Endpoint> endpoint) {}

    private News(NewsItem item, NewsBody body, Author author, long name) {
        this.item = item;
        this.body = body;
        this.author = author;
        this.name = name;
    }

    /** Who speaks, and what all statements of one kind have in common in their names. */
    record Author(PeerId id, byte[] publicKey, long peerSubject, long progressSubject) {
        /** @param publicKey raw Ed25519 key */
        static Author of(byte[] publicKey) {
            PeerId id = PeerId.ofPublicKey(publicKey);
            return new Author(id, publicKey, subject(id, KindCase.PEER), subject(id, KindCase.PROGRESS));
        }

        private static long subject(PeerId id, KindCase kind) {
            long subject =
                    News.subject(ByteBuffer.wrap(Hashes.sha256(id.toBytes(), new byte[] {(byte) kind.getNumber()}))
                            .getLong());
            // no name is zero
            return Math.max(1, subject);
        }

        private News said(NewsItem item, NewsBody body) {
            long subject = body.getKindCase() == KindCase.PEER ? peerSubject : progressSubject;
            long sequence = body.getSequence() & ((1L << SEQUENCE_BITS) - 1);
            return new News(item, body, this, subject << SEQUENCE_BITS | sequence);
        }
    }

    static News sign(NewsBody body, String run, PeerIdentity identity) {
        ByteString payload = body.toByteString();
        NewsItem item = NewsItem.newBuilder()
                .setPayload(payload)
                .setAuthor(ByteString.copyFrom(identity.publicKey()))
                .setSignature(ByteString.copyFrom(identity.sign(signedBytes(run, payload))))
                .build();
        return Author.of(identity.publicKey()).said(item, body);
    }

    /**
     * Parses and checks everything but the signature.
     *
     * @param known the item's author, if it has been heard of before
     * @throws IllegalArgumentException saying what is wrong
     */
    static News parse(NewsItem item, @Nullable Author known, Instant now) {
        News news = PARSED.get(item, i -> parse(i, known));
        if (news.issuedAt().isAfter(now.plus(MAX_CLOCK_SKEW))) {
            throw new IllegalArgumentException("news from the future, " + news.issuedAt());
        }
        if (news.isOutdated(now)) {
            throw new IllegalArgumentException("news that expired, issued at " + news.issuedAt());
        }
        return news;
    }

    /** Shares what is parsed among all peers of this process from now on: at most so many statements. */
    static void share(int statements) {
        PARSED.share(statements);
    }

    private static News parse(NewsItem item, @Nullable Author known) {
        if (item.getAuthor().size() != Ed25519.PUBLIC_KEY_BYTES) {
            throw new IllegalArgumentException("news without an author's key");
        }
        if (item.getPayload().size() > MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("news of " + item.getPayload().size() + " bytes");
        }
        NewsBody body;
        try {
            body = NewsBody.parseFrom(item.getPayload());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("news that is no protobuf message", e);
        }
        Duration lifetime = Duration.ofMillis(body.getLifetimeMillis());
        if (lifetime.isNegative() || lifetime.isZero() || lifetime.compareTo(MAX_LIFETIME) > 0) {
            throw new IllegalArgumentException("news with a lifetime of " + lifetime);
        }
        if (body.getKindCase() == KindCase.KIND_NOT_SET) {
            throw new IllegalArgumentException("news of an unknown kind");
        }
        Author author = known == null ? Author.of(item.getAuthor().toByteArray()) : known;
        return author.said(item, body);
    }

    NewsItem item() {
        return item;
    }

    NewsBody body() {
        return body;
    }

    Author author() {
        return author;
    }

    /**
     * Eight bytes that stand for the statement where peers compare what they have: 40 bits for author and kind, 24 for the
     * sequence number. Never zero.
     */
    long name() {
        return name;
    }

    boolean hasValidSignature(String run) {
        if (run.equals(signedFor)) {
            return true;
        }
        boolean valid = Ed25519.verify(
                item.getAuthor().toByteArray(),
                signedBytes(run, item.getPayload()),
                item.getSignature().toByteArray());
        if (valid) {
            signedFor = run;
        }
        return valid;
    }

    /** What the statement tells of its author's progress, moved on to where an epoch record says that it stands. */
    Progress movedTo(Standing standing) {
        Progress last = moved;
        if (last == null
                || last.getGeneration() != standing.generation()
                || last.getEpoch() != standing.epoch()
                || !last.getStateDigest().equals(standing.stateDigest())) {
            last = body.getProgress().toBuilder()
                    .setGeneration(standing.generation())
                    .setEpoch(standing.epoch())
                    .setStateDigest(standing.stateDigest())
                    .setSamples(0)
                    .setNewcomer(false)
                    .build();
            moved = last;
        }
        return last;
    }

    /** Of a peer record: the roles that the peer says it plays, as far as they exist. */
    Set<Role> roles() {
        return contact().roles();
    }

    /** Of a peer record: where to call the peer; empty if nobody can. */
    Optional<Endpoint> endpoint() {
        return contact().endpoint();
    }

    /** @throws IllegalArgumentException if it is a peer record with an address that is none */
    void requireAddress() {
        contact();
    }

    private Contact contact() {
        Contact known = contact;
        if (known == null) {
            PeerRecord record = body.getPeer();
            String address = record.getAddress();
            known = new Contact(
                    Role.ofClaims(record.getRolesList()),
                    address.isEmpty() ? Optional.empty() : Optional.of(new Endpoint(address, author.id())));
            contact = known;
        }
        return known;
    }

    private static byte[] signedBytes(String run, ByteString payload) {
        byte[] name = run.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(CONTEXT.length + name.length + 1 + payload.size())
                .put(CONTEXT)
                .put(name)
                .put((byte) 0)
                .put(payload.asReadOnlyByteBuffer())
                .array();
    }

    /** By the author's clock. */
    Instant issuedAt() {
        return Instant.ofEpochMilli(body.getIssuedAtMillis() != 0 ? body.getIssuedAtMillis() : body.getSequence());
    }

    Duration lifetime() {
        return Duration.ofMillis(body.getLifetimeMillis());
    }

    /** Whether its lifetime is over whatever the author's clock says. */
    boolean isOutdated(Instant now) {
        return issuedAt().plus(lifetime()).plus(MAX_CLOCK_SKEW).isBefore(now);
    }

    /** The part of a statement's name that all statements of its author and kind share. */
    static long subject(long name) {
        return name >>> SEQUENCE_BITS;
    }

    /** Whether the first of two statements of one subject is the newer, by their names. */
    static boolean isNewer(long name, long other) {
        return (name - other) << (Long.SIZE - SEQUENCE_BITS) > 0;
    }

    int size() {
        return item.getSerializedSize();
    }
}
