package org.starling.swarm.membership;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
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
import org.starling.swarm.wire.proto.NewsBody.KindCase;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.PeerRecord;

/**
 * The newest statement of every author and kind. Accepts only what is newer, in time and signed by a peer with a valid
 * token; verifies each statement once. Confined to the protocol thread.
 */
final class NewsTable {
    private static final Logger log = LoggerFactory.getLogger(NewsTable.class);
    private static final int MAX_AUTHORS = 10_000;

    private final PeerIdentity identity;
    private final TokenVerifier verifier;
    private final Scheduler clock;
    private final Duration recently;
    private final Listener listener;
    private final Map<PeerId, Words> authors = new LinkedHashMap<>();
    private final Map<Long, Entry> bySubject = new HashMap<>();
    private final Set<ByteString> signatures = new HashSet<>();
    private final Deque<Entry> arrivals = new ArrayDeque<>();
    private long contradictedBy;
    private long nextExpiryNanos = Long.MAX_VALUE;

    /** Hears what comes and goes, one's own words included. */
    interface Listener {
        /** @param token of the author, verified; null for one's own words */
        void said(News news, @Nullable AccessToken token);

        void forgot(News news);
    }

    /** A statement that is kept. One whose time is over is kept silently, lest it come back from a slower peer. */
    private static final class Entry {
        final News news;
        final @Nullable AccessToken token;
        final long receivedNanos;
        boolean expired;

        Entry(News news, @Nullable AccessToken token, long receivedNanos) {
            this.news = news;
            this.token = token;
            this.receivedNanos = receivedNanos;
        }

        long expiresNanos() {
            return receivedNanos + news.lifetime().toNanos();
        }
    }

    /** What one author has said. */
    private static final class Words {
        @Nullable Entry peer;

        @Nullable Entry progress;

        @Nullable Entry get(KindCase kind) {
            return kind == KindCase.PEER ? peer : progress;
        }

        void put(KindCase kind, @Nullable Entry entry) {
            if (kind == KindCase.PEER) {
                peer = entry;
            } else {
                progress = entry;
            }
        }
    }

    /** What one side of an exchange should send and ask for. */
    record Difference(List<NewsItem> items, List<Long> wanted, boolean more) {}

    /** @param recently how long a statement counts as recent */
    NewsTable(PeerIdentity identity, TokenVerifier verifier, Scheduler clock, Duration recently, Listener listener) {
        this.identity = identity;
        this.verifier = verifier;
        this.clock = clock;
        this.recently = recently;
        this.listener = listener;
    }

    // ---- taking in ----

    /** Signs a statement of one's own and puts it in. */
    News publish(NewsBody.Builder body, Duration lifetime) {
        long now = clock.instant().toEpochMilli();
        Words own = authors.get(identity.id());
        Entry previous = own == null ? null : own.get(body.getKindCase());
        // wall-clock milliseconds, so that a restarted peer goes on above its old numbers
        long sequence = Math.max(now, contradictedBy + 1);
        if (previous != null) {
            sequence = Math.max(sequence, previous.news.body().getSequence() + 1);
        }
        News news = News.sign(
                body.setSequence(sequence)
                        .setIssuedAtMillis(sequence == now ? 0 : now)
                        .setLifetimeMillis(lifetime.toMillis())
                        .build(),
                verifier.run(),
                identity);
        put(news, null);
        return news;
    }

    /** Takes in a statement. Empty if it is old or not to be believed; the reason is logged. */
    Optional<News> accept(NewsItem item) {
        if (signatures.contains(item.getSignature())) {
            return Optional.empty();
        }
        try {
            News news = News.parse(item, clock.instant());
            KindCase kind = news.body().getKindCase();
            Words words = authors.get(news.author());
            Entry known = words == null ? null : words.get(kind);
            if (known != null && known.news.body().getSequence() >= news.body().getSequence()) {
                return Optional.empty();
            }
            if (words == null && authors.size() >= MAX_AUTHORS) {
                throw new IllegalArgumentException("news of one more author than the table holds");
            }
            if (!news.hasValidSignature(verifier.run())) {
                throw new IllegalArgumentException("news with a wrong signature, or of another run");
            }
            if (news.author().equals(identity.id())) {
                // said before this peer lost its memory or its clock went back; only a greater number is heard again
                contradictedBy = Math.max(contradictedBy, news.body().getSequence());
                return Optional.empty();
            }
            switch (kind) {
                case PEER -> put(news, checkPeerRecord(news, known == null ? null : known.token));
                case PROGRESS -> {
                    if (words == null || words.peer == null || words.peer.expired) {
                        // its peer record has not arrived yet; anti-entropy brings both
                        return Optional.empty();
                    }
                    ProgressChecks.check(news.body().getProgress());
                    put(news, words.peer.token);
                }
                case KIND_NOT_SET -> throw new IllegalArgumentException("news of an unknown kind");
            }
            return Optional.of(news);
        } catch (IllegalArgumentException | CredentialException e) {
            log.info("Ignored {}", e.getMessage());
            return Optional.empty();
        }
    }

    private AccessToken checkPeerRecord(News news, @Nullable AccessToken known) {
        PeerRecord record = news.body().getPeer();
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

    private void put(News news, @Nullable AccessToken token) {
        Entry entry = new Entry(news, token, clock.nanoTime());
        Words words = authors.computeIfAbsent(news.author(), id -> new Words());
        Entry replaced = words.get(news.body().getKindCase());
        if (replaced != null) {
            signatures.remove(replaced.news.item().getSignature());
        }
        words.put(news.body().getKindCase(), entry);
        bySubject.put(News.subject(news.name()), entry);
        signatures.add(news.item().getSignature());
        arrivals.addLast(entry);
        nextExpiryNanos = Math.min(nextExpiryNanos, entry.expiresNanos());
        listener.said(news, token);
    }

    /** Forgets all words of those to whom the condition applies, as if they had never been said. */
    void forget(Predicate<AccessToken> condition) {
        List<News> forgotten = new ArrayList<>();
        for (Iterator<Words> all = authors.values().iterator(); all.hasNext(); ) {
            Words words = all.next();
            if (words.peer == null || words.peer.token == null || !condition.test(words.peer.token)) {
                continue;
            }
            all.remove();
            for (Entry entry : new Entry[] {words.progress, words.peer}) {
                if (entry != null) {
                    bySubject.remove(News.subject(entry.news.name()), entry);
                    signatures.remove(entry.news.item().getSignature());
                    forgotten.add(entry.news);
                }
            }
        }
        forgotten.forEach(listener::forgot);
    }

    /** Whether others know words of this peer that are newer than those here. */
    boolean isContradicted() {
        Words own = authors.get(identity.id());
        return own != null && isOlder(own.peer) || own != null && isOlder(own.progress);
    }

    private boolean isOlder(@Nullable Entry own) {
        return own != null && own.news.body().getSequence() <= contradictedBy;
    }

    /** Forgets what has outlived its lifetime, except one's own words. */
    void expire() {
        long now = clock.nanoTime();
        while (!arrivals.isEmpty() && now - arrivals.getFirst().receivedNanos > 2 * recently.toNanos()) {
            arrivals.removeFirst();
        }
        if (now < nextExpiryNanos) {
            return;
        }
        nextExpiryNanos = Long.MAX_VALUE;
        Instant wall = clock.instant();
        List<News> forgotten = new ArrayList<>();
        for (Iterator<Map.Entry<PeerId, Words>> all = authors.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<PeerId, Words> author = all.next();
            if (author.getKey().equals(identity.id())) {
                continue;
            }
            Words words = author.getValue();
            for (KindCase kind : List.of(KindCase.PROGRESS, KindCase.PEER)) {
                Entry entry = words.get(kind);
                if (entry == null) {
                    continue;
                }
                if (!entry.expired && now >= entry.expiresNanos()) {
                    entry.expired = true;
                    forgotten.add(entry.news);
                }
                if (entry.expired && entry.news.isOutdated(wall)) {
                    words.put(kind, null);
                    bySubject.remove(News.subject(entry.news.name()), entry);
                    signatures.remove(entry.news.item().getSignature());
                } else {
                    nextExpiryNanos = Math.min(
                            nextExpiryNanos,
                            entry.expired ? now + News.MAX_CLOCK_SKEW.toNanos() / 4 : entry.expiresNanos());
                }
            }
            if (words.peer == null && words.progress == null) {
                all.remove();
            }
        }
        forgotten.forEach(listener::forgot);
    }

    // ---- comparing with another peer's table ----

    int size() {
        return bySubject.size();
    }

    /** The names of all statements. */
    List<Long> names() {
        List<Long> names = new ArrayList<>(bySubject.size());
        for (Words words : authors.values()) {
            for (Entry entry : new Entry[] {words.peer, words.progress}) {
                if (entry != null) {
                    names.add(entry.news.name());
                }
            }
        }
        return names;
    }

    /** The names of what has arrived lately: twice as far back as the other side offers, so that little is sent twice. */
    List<Long> recentNames() {
        List<Long> names = new ArrayList<>();
        for (Entry entry : arrivals) {
            if (isCurrent(entry)) {
                names.add(entry.news.name());
            }
        }
        return names;
    }

    private boolean isCurrent(Entry entry) {
        return bySubject.get(News.subject(entry.news.name())) == entry;
    }

    /** All that the other side lacks, an author's peer record first so that its progress can be believed; and what this side lacks. */
    Difference difference(List<Long> theirs, int maxBytes) {
        List<Entry> all = new ArrayList<>(bySubject.size());
        for (Words words : authors.values()) {
            for (Entry entry : new Entry[] {words.peer, words.progress}) {
                if (entry != null) {
                    all.add(entry);
                }
            }
        }
        return difference(all, theirs, maxBytes);
    }

    /** The same of what has arrived lately. */
    Difference recentDifference(List<Long> theirs, int maxBytes) {
        List<Entry> recent = new ArrayList<>();
        long since = clock.nanoTime() - recently.toNanos();
        for (Entry entry : arrivals) {
            if (entry.receivedNanos - since >= 0 && isCurrent(entry)) {
                recent.add(entry);
            }
        }
        return difference(recent, theirs, maxBytes);
    }

    private Difference difference(List<Entry> mine, List<Long> theirs, int maxBytes) {
        Map<Long, Long> known = new HashMap<>(2 * theirs.size());
        List<Long> wanted = new ArrayList<>();
        for (Long name : theirs) {
            known.put(News.subject(name), name);
            Entry entry = bySubject.get(News.subject(name));
            if (entry == null || News.isNewer(name, entry.news.name())) {
                wanted.add(name);
            }
        }
        List<NewsItem> items = new ArrayList<>();
        int bytes = 0;
        for (Entry entry : mine) {
            Long other = known.get(News.subject(entry.news.name()));
            if (entry.expired || other != null && !News.isNewer(entry.news.name(), other)) {
                continue;
            }
            bytes += entry.news.size();
            if (bytes > maxBytes) {
                return new Difference(items, wanted, true);
            }
            items.add(entry.news.item());
        }
        return new Difference(items, wanted, false);
    }

    /** The statements of these names that are still the newest. */
    List<NewsItem> find(List<Long> names, int maxBytes) {
        List<NewsItem> found = new ArrayList<>();
        int bytes = 0;
        for (Long name : names) {
            Entry entry = bySubject.get(News.subject(name));
            if (entry != null && !entry.expired && entry.news.name() == name) {
                bytes += entry.news.size();
                if (bytes > maxBytes) {
                    return found;
                }
                found.add(entry.news.item());
            }
        }
        return found;
    }
}
