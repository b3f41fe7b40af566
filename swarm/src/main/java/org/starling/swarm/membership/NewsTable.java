package org.starling.swarm.membership;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.NewsDigest;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;

/**
 * The newest statement of every author and kind. Accepts only what is newer, in time and signed by a peer with a valid
 * token; verifies each statement once. Confined to the protocol thread.
 */
final class NewsTable implements PeerDirectory {
    private static final Logger log = LoggerFactory.getLogger(NewsTable.class);
    private static final int MAX_AUTHORS = 10_000;

    private final PeerIdentity identity;
    private final TokenVerifier verifier;
    private final Scheduler clock;
    private final Map<News.Key, Entry> entries = new LinkedHashMap<>();
    private final Map<PeerId, AccessToken> tokens = new HashMap<>();
    private final Set<PeerId> suspects = new HashSet<>();

    private record Entry(News news, Instant receivedAt) {}

    NewsTable(PeerIdentity identity, TokenVerifier verifier, Scheduler clock) {
        this.identity = identity;
        this.verifier = verifier;
        this.clock = clock;
    }

    /** Signs a statement of one's own and puts it in. */
    News publish(NewsBody.Builder body, Duration lifetime) {
        Instant now = clock.instant();
        Entry previous = entries.get(new News.Key(identity.id(), body.getKindCase()));
        // wall-clock milliseconds, so that a restarted peer goes on above its old numbers
        long sequence = previous == null
                ? now.toEpochMilli()
                : Math.max(now.toEpochMilli(), previous.news().body().getSequence() + 1);
        News news = News.sign(
                body.setRun(verifier.run())
                        .setSequence(sequence)
                        .setIssuedAtMillis(now.toEpochMilli())
                        .setLifetimeMillis(lifetime.toMillis())
                        .build(),
                identity);
        entries.put(news.key(), new Entry(news, now));
        return news;
    }

    /** Takes in a statement. Empty if it is old or not to be believed; the reason is logged. */
    Optional<News> accept(NewsItem item) {
        Instant now = clock.instant();
        try {
            News news = News.parse(item, verifier.run(), now);
            if (news.author().equals(identity.id()) || !isNewer(news)) {
                return Optional.empty();
            }
            if (!entries.containsKey(news.key()) && entries.size() >= 2 * MAX_AUTHORS) {
                throw new IllegalArgumentException("news of one more author than the table holds");
            }
            if (!news.hasValidSignature()) {
                throw new IllegalArgumentException("news with a wrong signature");
            }
            switch (news.body().getKindCase()) {
                case PEER -> tokens.put(news.author(), checkPeerRecord(news));
                case PROGRESS -> {
                    if (!tokens.containsKey(news.author())) {
                        // its peer record has not arrived yet; anti-entropy brings both
                        return Optional.empty();
                    }
                    ProgressChecks.check(news.body().getProgress());
                }
                case KIND_NOT_SET -> throw new IllegalArgumentException("news of an unknown kind");
            }
            entries.put(news.key(), new Entry(news, now));
            suspects.remove(news.author());
            return Optional.of(news);
        } catch (IllegalArgumentException | CredentialException e) {
            log.info("Ignored {}", e.getMessage());
            return Optional.empty();
        }
    }

    private AccessToken checkPeerRecord(News news) {
        PeerRecord record = news.body().getPeer();
        AccessToken known = tokens.get(news.author());
        AccessToken token = known != null && known.compact().equals(record.getAccessToken())
                ? known
                : verifier.verify(record.getAccessToken());
        if (!token.peer().equals(news.author())) {
            throw new IllegalArgumentException("a peer record with the token of another peer");
        }
        if (!record.getAddress().isEmpty()) {
            Endpoint.requireAddress(record.getAddress());
        }
        return token;
    }

    private boolean isNewer(News news) {
        Entry known = entries.get(news.key());
        return known == null || news.body().getSequence() > known.news().body().getSequence();
    }

    /** Forgets what has outlived its lifetime, except one's own words. */
    void expire() {
        Instant now = clock.instant();
        for (Iterator<Entry> all = entries.values().iterator(); all.hasNext(); ) {
            Entry entry = all.next();
            News news = entry.news();
            if (!news.author().equals(identity.id())
                    && entry.receivedAt().plus(news.lifetime()).isBefore(now)) {
                all.remove();
                if (news.body().getKindCase() == NewsBody.KindCase.PEER) {
                    tokens.remove(news.author());
                }
            }
        }
    }

    /** Forgets everything a peer has said. */
    void forget(PeerId peer) {
        entries.keySet().removeIf(key -> key.author().equals(peer));
        tokens.remove(peer);
    }

    List<NewsDigest> digests() {
        List<NewsDigest> digests = new ArrayList<>(entries.size());
        entries.forEach((key, entry) -> digests.add(NewsDigest.newBuilder()
                .setKey(key.fingerprint())
                .setSequence(entry.news().body().getSequence())
                .build()));
        return digests;
    }

    /** What the other side lacks, peer records first so that its progress can be believed. */
    List<NewsItem> newerThan(List<NewsDigest> theirs, int limit) {
        Map<Long, Long> known = bySequence(theirs);
        return entries.entrySet().stream()
                .filter(e -> e.getValue().news().body().getSequence()
                        > known.getOrDefault(e.getKey().fingerprint(), 0L))
                .sorted((a, b) -> a.getKey().kind().compareTo(b.getKey().kind()))
                .limit(limit)
                .map(e -> e.getValue().news().item())
                .toList();
    }

    /** What the other side has and this one lacks. */
    List<NewsDigest> wanted(List<NewsDigest> theirs) {
        Map<Long, Long> mine = bySequence(digests());
        return theirs.stream()
                .filter(d -> d.getSequence() > mine.getOrDefault(d.getKey(), 0L))
                .toList();
    }

    List<NewsItem> find(List<NewsDigest> wanted, int limit) {
        Map<Long, Long> keys = bySequence(wanted);
        return entries.entrySet().stream()
                .filter(e -> keys.containsKey(e.getKey().fingerprint()))
                .sorted((a, b) -> a.getKey().kind().compareTo(b.getKey().kind()))
                .limit(limit)
                .map(e -> e.getValue().news().item())
                .toList();
    }

    private static Map<Long, Long> bySequence(List<NewsDigest> digests) {
        Map<Long, Long> map = new HashMap<>();
        digests.forEach(d -> map.put(d.getKey(), d.getSequence()));
        return map;
    }

    @Override
    public List<PeerView> alive() {
        List<PeerView> peers = new ArrayList<>();
        for (Map.Entry<News.Key, Entry> e : entries.entrySet()) {
            PeerId id = e.getKey().author();
            if (e.getKey().kind() == NewsBody.KindCase.PEER && !id.equals(identity.id()) && !suspects.contains(id)) {
                view(id, e.getValue()).filter(v -> v.progress() != null).ifPresent(peers::add);
            }
        }
        return peers;
    }

    @Override
    public Optional<PeerView> find(PeerId peer) {
        Entry entry = entries.get(new News.Key(peer, NewsBody.KindCase.PEER));
        return entry == null ? Optional.empty() : view(peer, entry);
    }

    private Optional<PeerView> view(PeerId id, Entry record) {
        AccessToken token = tokens.get(id);
        if (token == null) {
            return Optional.empty();
        }
        Entry progress = entries.get(new News.Key(id, NewsBody.KindCase.PROGRESS));
        @Nullable Progress words = progress == null ? null : progress.news().body().getProgress();
        return Optional.of(new PeerView(
                id,
                record.news().item().getAuthor().toByteArray(),
                token,
                record.news().body().getPeer(),
                words,
                progress == null ? record.receivedAt() : progress.receivedAt()));
    }

    @Override
    public void suspect(PeerId peer) {
        suspects.add(peer);
    }
}
