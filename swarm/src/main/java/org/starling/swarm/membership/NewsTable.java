package org.starling.swarm.membership;

import com.google.protobuf.ByteString;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.runtime.SparingLog;
import org.starling.swarm.wire.proto.GossipReply;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.NewsBody.KindCase;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Pull;

/**
 * The newest statement of every author and kind. Accepts only what is newer, in time and signed by a peer with a valid
 * token; verifies each statement once. Confined to the protocol thread.
 */
final class NewsTable {
    private static final Logger log = LoggerFactory.getLogger(NewsTable.class);
    private static final int MAX_AUTHORS = 10_000;
    private static final int URGENT_AT_ONCE = 16;
    private static final Duration URGENT_INTERVAL = Duration.ofMillis(500);
    /** Between two looks for what has outlived its lifetime, for each statement: a large table is looked through seldom. */
    private static final Duration LOOK_PER_STATEMENT = Duration.ofMillis(5);

    private final PeerIdentity identity;
    private final TokenVerifier verifier;
    private final SampleLimits limits;
    private final Scheduler clock;
    private final Duration recently;
    private final Listener listener;
    private final SparingLog ignored;
    /** By public key. */
    private final Map<ByteString, Words> authors = new LinkedHashMap<>();

    /** By what all names of an author and kind share. */
    private final LongObjectMap<Slot> bySubject = new LongObjectHashMap<>();

    private final Deque<Entry> arrivals = new ArrayDeque<>();
    private final ByteString self;
    private long contradictedBy;
    private long comparisons;
    private long nextExpiryNanos = Long.MAX_VALUE;
    private long notBeforeNanos = Long.MIN_VALUE;

    /** Hears what comes and goes, one's own words included. */
    interface Listener {
        /** @param token of the author, verified; null for one's own words */
        void said(News news, @Nullable AccessToken token);

        /** It counts no longer, whatever happens. */
        void forgot(News news);

        /** Its time is over. */
        void outlived(News news);
    }

    /** A statement that is kept. One whose time is over is kept silently, lest it come back from a slower peer. */
    private static final class Entry {
        final News news;
        final @Nullable AccessToken token;
        final long receivedNanos;
        final long expiresNanos;
        boolean expired;
        /** Whether it is still the newest of its subject. */
        boolean current = true;
        /** The last comparison in which the other side had it, or something newer of its subject. */
        long knownTo;

        Entry(News news, @Nullable AccessToken token, long receivedNanos) {
            this.news = news;
            this.token = token;
            this.receivedNanos = receivedNanos;
            this.expiresNanos = receivedNanos + news.lifetime().toNanos();
        }
    }

    /** Holds the newest statement of an author and kind. */
    private static final class Slot {
        @Nullable Entry entry;

        boolean holds(NewsItem item) {
            return entry != null && entry.news.item().getSignature().equals(item.getSignature());
        }
    }

    /** What one author has said. */
    private static final class Words {
        final News.Author author;
        final Slot peer = new Slot();
        final Slot progress = new Slot();
        /** When the words that have been urgent would have been said, at the pace that is allowed. */
        long paceNanos;

        Words(News.Author author, long nowNanos) {
            this.author = author;
            this.paceNanos = nowNanos;
        }

        Slot of(KindCase kind) {
            return kind == KindCase.PEER ? peer : progress;
        }

        Stream<Entry> entries() {
            return Stream.of(peer, progress).flatMap(slot -> Stream.ofNullable(slot.entry));
        }
    }

    /**
     * @param limits of what peers may claim
     * @param recently how long a statement counts as recent
     */
    NewsTable(
            PeerIdentity identity,
            TokenVerifier verifier,
            SampleLimits limits,
            Scheduler clock,
            Duration recently,
            Listener listener) {
        this.limits = limits;
        this.identity = identity;
        this.self = ByteString.copyFrom(identity.publicKey());
        this.verifier = verifier;
        this.clock = clock;
        this.recently = recently;
        this.listener = listener;
        this.ignored = new SparingLog(log::info, clock);
    }

    // ---- taking in ----

    /** Signs a statement of one's own and puts it in. */
    News publish(NewsBody.Builder body, Duration lifetime) {
        long now = clock.instant().toEpochMilli();
        Words own = authors.get(self);
        Entry previous = own == null ? null : own.of(body.getKindCase()).entry;
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
        put(news, null, true);
        return news;
    }

    /**
     * Takes in a statement. Empty if it is old or not to be believed; the reason is logged.
     *
     * @throws ForgeryException if its author has not made it
     * @param recent whether it counts as recent from now on, so that those who ask for what is recent are told
     */
    Optional<News> accept(NewsItem item, boolean recent) {
        Words words = authors.get(item.getAuthor());
        if (words != null && (words.progress.holds(item) || words.peer.holds(item))) {
            return Optional.empty();
        }
        try {
            News news = News.parse(item, words == null ? null : words.author, clock.instant());
            KindCase kind = news.body().getKindCase();
            Entry known = words == null ? null : words.of(kind).entry;
            if (known != null && known.news.body().getSequence() >= news.body().getSequence()) {
                return Optional.empty();
            }
            if (words == null && authors.size() >= MAX_AUTHORS) {
                throw new IllegalArgumentException("news of one more author than the table holds");
            }
            if (known == null && bySubject.containsKey(News.subject(news.name()))) {
                throw new IllegalArgumentException("news of one who is named like another");
            }
            if (!news.hasValidSignature(verifier.run())) {
                throw new ForgeryException();
            }
            if (item.getAuthor().equals(self)) {
                // said before this peer lost its memory or its clock went back; only a greater number is heard again
                contradictedBy = Math.max(contradictedBy, news.body().getSequence());
                return Optional.empty();
            }
            switch (kind) {
                case PEER -> put(news, checkPeerRecord(news, known == null ? null : known.token), recent);
                case PROGRESS -> {
                    Entry peer = words == null ? null : words.peer.entry;
                    if (peer == null || peer.expired) {
                        // its peer record has not arrived yet; anti-entropy brings both
                        return Optional.empty();
                    }
                    ProgressChecks.check(news.body().getProgress(), limits);
                    put(news, peer.token, recent);
                }
                case KIND_NOT_SET -> throw new AssertionError("parsed news of no kind");
            }
            return Optional.of(news);
        } catch (ForgeryException e) {
            throw e;
        } catch (IllegalArgumentException | CredentialException e) {
            ignored.info("Ignored " + e.getMessage());
            return Optional.empty();
        }
    }

    private AccessToken checkPeerRecord(News news, @Nullable AccessToken known) {
        PeerRecord record = news.body().getPeer();
        AccessToken token = known != null && known.compact().equals(record.getAccessToken())
                ? known
                : verifier.verify(record.getAccessToken());
        if (!token.peer().equals(news.author().id())) {
            throw new IllegalArgumentException("a peer record with the token of another peer");
        }
        if (!ProgressChecks.isPrintable(record.getAgent()) || !ProgressChecks.isPrintable(record.getDevice())) {
            throw new IllegalArgumentException("a peer record with control characters");
        }
        news.requireAddress();
        return token;
    }

    /**
     * Whether a statement that has been taken in may be urgent, as its author says: some at once may, and then one in a while; the
     * rest is told to those who ask. Otherwise one author could have everybody send without end (the generic cell rate algorithm,
     * ITU-T I.371).
     */
    boolean mayBeUrgent(News news) {
        Words words = authors.get(news.item().getAuthor());
        long now = clock.nanoTime();
        long pace = words == null ? now : Math.max(words.paceNanos, now);
        if (words == null || pace - now > URGENT_AT_ONCE * URGENT_INTERVAL.toNanos()) {
            return false;
        }
        words.paceNanos = pace + URGENT_INTERVAL.toNanos();
        return true;
    }

    private void put(News news, @Nullable AccessToken token, boolean recent) {
        Words words =
                authors.computeIfAbsent(news.item().getAuthor(), key -> new Words(news.author(), clock.nanoTime()));
        Slot slot = words.of(news.body().getKindCase());
        Entry entry = new Entry(news, token, clock.nanoTime());
        if (slot.entry != null) {
            slot.entry.current = false;
        }
        slot.entry = entry;
        bySubject.put(News.subject(news.name()), slot);
        if (recent) {
            arrivals.addLast(entry);
        }
        nextExpiryNanos = Math.min(nextExpiryNanos, entry.expiresNanos);
        listener.said(news, token);
    }

    /** Forgets all words of those to whom the condition applies, as if they had never been said. */
    void forget(Predicate<AccessToken> condition) {
        List<News> forgotten = new ArrayList<>();
        for (Iterator<Words> all = authors.values().iterator(); all.hasNext(); ) {
            Words words = all.next();
            Entry peer = words.peer.entry;
            if (peer == null || peer.token == null || !condition.test(peer.token)) {
                continue;
            }
            all.remove();
            for (Slot slot : List.of(words.progress, words.peer)) {
                if (slot.entry != null) {
                    forgotten.add(slot.entry.news);
                    empty(slot, slot.entry);
                }
            }
        }
        forgotten.forEach(listener::forgot);
    }

    private void empty(Slot slot, Entry entry) {
        entry.current = false;
        slot.entry = null;
        long subject = News.subject(entry.news.name());
        if (bySubject.get(subject) == slot) {
            bySubject.remove(subject);
        }
    }

    /** Whether others know words of this peer that are newer than those here. */
    boolean isContradicted() {
        Words own = authors.get(self);
        return own != null && own.entries().anyMatch(this::isOlder);
    }

    private boolean isOlder(Entry own) {
        return own.news.body().getSequence() <= contradictedBy;
    }

    /** Forgets what has outlived its lifetime, except one's own words. */
    void expire() {
        long now = clock.nanoTime();
        while (!arrivals.isEmpty() && now - arrivals.getFirst().receivedNanos > 2 * recently.toNanos()) {
            arrivals.removeFirst();
        }
        if (now < nextExpiryNanos || now < notBeforeNanos) {
            return;
        }
        nextExpiryNanos = Long.MAX_VALUE;
        notBeforeNanos = now + LOOK_PER_STATEMENT.multipliedBy(bySubject.size()).toNanos();
        Instant wall = clock.instant();
        List<News> outlived = new ArrayList<>();
        Words own = authors.get(self);
        for (Iterator<Words> all = authors.values().iterator(); all.hasNext(); ) {
            Words words = all.next();
            if (words == own) {
                continue;
            }
            for (Slot slot : List.of(words.progress, words.peer)) {
                Entry entry = slot.entry;
                if (entry == null) {
                    continue;
                }
                if (!entry.expired && now >= entry.expiresNanos) {
                    entry.expired = true;
                    outlived.add(entry.news);
                }
                if (entry.expired && entry.news.isOutdated(wall)) {
                    empty(slot, entry);
                } else {
                    nextExpiryNanos = Math.min(
                            nextExpiryNanos,
                            entry.expired ? now + News.MAX_CLOCK_SKEW.toNanos() / 4 : entry.expiresNanos);
                }
            }
            if (words.peer.entry == null && words.progress.entry == null) {
                all.remove();
            }
        }
        outlived.forEach(listener::outlived);
    }

    // ---- comparing with another peer's table ----

    int size() {
        return bySubject.size();
    }

    /** Names all statements. */
    void nameAll(LongConsumer to) {
        forEach(entry -> to.accept(entry.news.name()));
    }

    /** Names what has arrived lately: twice as far back as the other side offers, so that little is sent twice. */
    void nameRecent(LongConsumer to) {
        for (Entry entry : arrivals) {
            if (entry.current) {
                to.accept(entry.news.name());
            }
        }
    }

    /** An author's peer record first, so that its progress can be believed. */
    private void forEach(Consumer<Entry> consumer) {
        for (Words words : authors.values()) {
            if (words.peer.entry != null) {
                consumer.accept(words.peer.entry);
            }
            if (words.progress.entry != null) {
                consumer.accept(words.progress.entry);
            }
        }
    }

    /**
     * Answers a pull: what the other side lacks, of all or of what has arrived lately; and what this side lacks of that which
     * the other has named.
     */
    void compare(GossipRequest theirs, GossipReply.Builder reply, int maxBytes) {
        comparisons++;
        for (int i = 0; i < theirs.getKnownCount(); i++) {
            long name = theirs.getKnown(i);
            Entry here = newest(name);
            if (here == null || News.isNewer(name, here.news.name())) {
                reply.addWanted(name);
            }
            if (here != null && !News.isNewer(here.news.name(), name)) {
                here.knownTo = comparisons;
            }
        }
        Page page = new Page(reply, maxBytes);
        if (theirs.getPull() == Pull.ALL) {
            forEach(page::add);
            return;
        }
        long since = clock.nanoTime() - recently.toNanos();
        for (Entry entry : arrivals) {
            if (entry.receivedNanos - since >= 0 && entry.current) {
                page.add(entry);
            }
        }
    }

    /** The newest statement of a name's subject that is kept here. */
    private @Nullable Entry newest(long name) {
        Slot slot = bySubject.get(News.subject(name));
        return slot == null ? null : slot.entry;
    }

    /** As much of what the other side lacks as fits into a reply. */
    private final class Page {
        private final GossipReply.Builder reply;
        private int bytesLeft;

        Page(GossipReply.Builder reply, int maxBytes) {
            this.reply = reply;
            this.bytesLeft = maxBytes;
        }

        void add(Entry entry) {
            if (entry.expired || entry.knownTo == comparisons || reply.getMore()) {
                return;
            }
            bytesLeft -= entry.news.size();
            if (bytesLeft < 0) {
                reply.setMore(true);
            } else {
                reply.addItems(entry.news.item());
            }
        }
    }

    /** What this peer itself has said. */
    List<News> own() {
        Words own = authors.get(self);
        return own == null ? List.of() : own.entries().map(entry -> entry.news).toList();
    }

    /** The statements of these names that are still the newest. */
    List<NewsItem> find(List<Long> names, int maxBytes) {
        List<NewsItem> found = new ArrayList<>();
        int bytes = 0;
        for (Long name : names) {
            Entry entry = newest(name);
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
