package org.starling.swarm.membership;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.NewsBody.KindCase;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;

/**
 * What is believed of each peer: its last words, moved on by the newest epoch record of which it is a member. Keeps the
 * views of the living ready, because they are asked for many times between two changes. Confined to the protocol thread.
 */
final class KnownPeers implements PeerDirectory, NewsTable.Listener {
    private static final int MAX_PEERS = 20_000;
    private static final int MAX_DOUBLINGS = 6;
    /** Longer on the way than this, a statement was not merely spreading: its author's clock has jumped. */
    private static final Duration MAX_DELAY = Duration.ofSeconds(30);

    private final PeerId self;
    private final Scheduler clock;
    private final Duration suspicion;
    private final Map<PeerId, Peer> peers = new LinkedHashMap<>();
    private final List<PeerView> living = new ArrayList<>();
    private final Set<Peer> suspects = new LinkedHashSet<>();
    /** Those who can be called and are not among the living. */
    private final Set<Peer> unheard = new LinkedHashSet<>();
    /** Those whose last word has outlived its time while they gave other signs of life. */
    private final Set<Peer> outlived = new LinkedHashSet<>();

    private final List<Watcher> watchers = new ArrayList<>();
    private @Nullable List<PeerView> copy;
    /** Peers whom a call has failed to reach and of whom nothing has been heard since. */
    private int failing;

    private static final class Peer {
        final PeerId id;
        byte[] publicKey = {};

        @Nullable AccessToken token;

        @Nullable PeerRecord record;

        Set<Role> roles = Set.of();
        Optional<Endpoint> endpoint = Optional.empty();

        @Nullable News progress;

        long saidNanos;
        /** When it has spoken, called or answered last, or a record has named it. */
        long aliveNanos;
        /** Least time between a statement's making and its arrival, by two clocks: tells their difference. */
        long lagNanos = Long.MAX_VALUE;

        @Nullable Standing standing;

        int failures;
        long suspectUntilNanos;
        /** Whether it is in the sets of that name. */
        boolean suspected;

        boolean unheard;

        boolean calledAgain;

        @Nullable PeerView view;

        int index = -1;
        final boolean isSelf;

        Peer(PeerId id, boolean isSelf) {
            this.id = id;
            this.isSelf = isSelf;
        }
    }

    /** What others believe of a peer, this one's standing included. */
    record Belief(Progress progress, long atNanos) {
        /** Its samples carried forward at its speed. */
        double samplesAt(long nanos) {
            return progress.getSamples() + progress.getSamplesPerSecond() * Math.max(0, nanos - atNanos) / 1e9;
        }
    }

    /** @param suspicion how long a peer is taken for dead when a call fails for the first time */
    KnownPeers(PeerId self, Scheduler clock, Duration suspicion) {
        this.self = self;
        this.clock = clock;
        this.suspicion = suspicion;
    }

    // ---- what changes it ----

    @Override
    public void said(News news, @Nullable AccessToken token) {
        Peer peer = peers.computeIfAbsent(news.author().id(), this::newPeer);
        if (news.body().getKindCase() == KindCase.PEER) {
            peer.publicKey = news.author().publicKey();
            peer.record = news.body().getPeer();
            peer.roles = token == null ? news.roles() : granted(news.roles(), token);
            peer.endpoint = news.endpoint();
        } else {
            Instant now = clock.instant();
            peer.progress = news;
            peer.aliveNanos = clock.nanoTime();
            outlived.remove(peer);
            peer.saidNanos = clock.nanoTime() - delay(peer, Duration.between(news.issuedAt(), now));
        }
        peer.token = token;
        trust(peer);
        update(peer);
    }

    /** What a peer says that it does, as far as it may. */
    private static Set<Role> granted(Set<Role> said, AccessToken token) {
        return token.roles().containsAll(said)
                ? said
                : said.stream().filter(token.roles()::contains).collect(Collectors.toUnmodifiableSet());
    }

    private Peer newPeer(PeerId id) {
        return new Peer(id, id.equals(self));
    }

    /** How long a statement was on its way, given what its author's statements take at least by the two clocks. */
    private static long delay(Peer peer, Duration lag) {
        long nanos = lag.toNanos();
        if (nanos <= peer.lagNanos) {
            peer.lagNanos = nanos;
            return 0;
        }
        long delay = nanos - peer.lagNanos;
        // if a clock has been set, this becomes the new measure in time
        peer.lagNanos += delay / 16;
        return Math.min(delay, MAX_DELAY.toNanos());
    }

    @Override
    public void outlived(News news) {
        Peer peer = peers.get(news.author().id());
        if (peer != null && peer.progress == news && isAlive(peer, news)) {
            outlived.add(peer);
        } else {
            forgot(news);
        }
    }

    /** Whether there was another sign of life within the time for which a word counts. */
    private boolean isAlive(Peer peer, News word) {
        return clock.nanoTime() - peer.aliveNanos < word.lifetime().toNanos();
    }

    @Override
    public void forgot(News news) {
        Peer peer = peers.get(news.author().id());
        if (peer == null) {
            return;
        }
        if (news.body().getKindCase() == KindCase.PEER) {
            peer.record = null;
        } else {
            peer.progress = null;
            outlived.remove(peer);
        }
        update(peer);
        if (peer.record == null && peer.progress == null) {
            peers.remove(peer.id);
            trust(peer);
            setUnheard(peer, false);
        }
    }

    @Override
    public void stands(PeerId id, Standing standing) {
        Peer peer = peers.get(id);
        if (peer == null) {
            if (peers.size() >= MAX_PEERS) {
                peers.values().removeIf(other -> other.record == null && other.progress == null);
            }
            // its own words may arrive after the record
            peer = newPeer(id);
            peers.put(id, peer);
        }
        if (peer.standing == null || standing.isLaterThan(peer.standing)) {
            peer.standing = standing;
            peer.aliveNanos = clock.nanoTime();
            trust(peer);
            update(peer);
        }
    }

    @Override
    public void suspect(PeerId id) {
        Peer peer = peers.get(id);
        if (peer == null || peer.isSelf) {
            return;
        }
        long doubled = suspicion.toNanos() << Math.min(peer.failures, MAX_DOUBLINGS);
        failing += peer.failures == 0 ? 1 : 0;
        peer.failures++;
        peer.suspectUntilNanos = clock.nanoTime() + doubled;
        setSuspected(peer, true);
        update(peer);
    }

    @Override
    public void heardFrom(PeerId id) {
        Peer peer = peers.get(id);
        if (peer == null) {
            return;
        }
        peer.aliveNanos = clock.nanoTime();
        if (peer.failures > 0) {
            trust(peer);
            update(peer);
        }
    }

    private void trust(Peer peer) {
        failing -= peer.failures > 0 ? 1 : 0;
        peer.failures = 0;
        peer.calledAgain = false;
        setSuspected(peer, false);
    }

    private void setSuspected(Peer peer, boolean suspected) {
        if (peer.suspected != suspected) {
            peer.suspected = suspected;
            change(suspects, peer, suspected);
        }
    }

    private void setUnheard(Peer peer, boolean isUnheard) {
        if (peer.unheard != isUnheard) {
            peer.unheard = isUnheard;
            change(unheard, peer, isUnheard);
        }
    }

    private static void change(Set<Peer> set, Peer peer, boolean isIn) {
        if (isIn) {
            set.add(peer);
        } else {
            set.remove(peer);
        }
    }

    /** Gives those another chance who have been suspects long enough, and forgets words of which nobody gives a sign of life. */
    void expire() {
        long now = clock.nanoTime();
        for (Peer peer : List.copyOf(outlived)) {
            News word = peer.progress;
            if (word != null && !isAlive(peer, word)) {
                forgot(word);
            }
        }
        for (Peer peer : List.copyOf(suspects)) {
            if (now - peer.suspectUntilNanos >= 0) {
                setSuspected(peer, false);
                update(peer);
            }
        }
    }

    private void update(Peer peer) {
        peer.view = view(peer);
        boolean alive = peer.view != null && peer.view.progress() != null && !peer.suspected && !peer.isSelf;
        setUnheard(peer, !alive && peer.view != null && !peer.isSelf);
        if (!alive && peer.index < 0) {
            return;
        }
        PeerView before = peer.index < 0 ? null : living.get(peer.index);
        if (alive && peer.index < 0) {
            peer.index = living.size();
            living.add(peer.view);
        } else if (alive) {
            living.set(peer.index, peer.view);
        } else {
            // the last one takes its place
            PeerView last = living.remove(living.size() - 1);
            if (peer.index < living.size()) {
                living.set(peer.index, last);
                requirePeer(last.id()).index = peer.index;
            }
            peer.index = -1;
        }
        copy = null;
        for (Watcher watcher : watchers) {
            watcher.changed(before, alive ? peer.view : null);
        }
    }

    private Peer requirePeer(PeerId id) {
        Peer peer = peers.get(id);
        if (peer == null) {
            throw new IllegalStateException(id + " is listed as alive but unknown");
        }
        return peer;
    }

    private @Nullable PeerView view(Peer peer) {
        if (peer.record == null || peer.token == null) {
            return null;
        }
        Belief belief = belief(peer);
        return new PeerView(
                peer.id,
                peer.publicKey,
                peer.token,
                peer.record,
                peer.roles,
                peer.endpoint,
                belief == null ? null : belief.progress(),
                belief == null ? Instant.EPOCH : clock.instant().minusNanos(clock.nanoTime() - belief.atNanos()),
                belief == null ? 0 : belief.atNanos());
    }

    private static @Nullable Belief belief(Peer peer) {
        if (peer.progress == null) {
            return null;
        }
        Progress said = peer.progress.body().getProgress();
        Standing standing = peer.standing;
        if (standing == null || !isOvertaken(said, peer.saidNanos, standing)) {
            return new Belief(said, peer.saidNanos);
        }
        return new Belief(peer.progress.movedTo(standing), standing.sinceNanos());
    }

    /** Whether a record says something later than the peer's own last word, which says what records it knew. */
    private static boolean isOvertaken(Progress said, long saidNanos, Standing standing) {
        if (standing.generation() != said.getGeneration()) {
            return standing.generation() > said.getGeneration();
        }
        // a peer that speaks of an earlier epoch so long after the record has lost its memory
        boolean muchLater = saidNanos - standing.sinceNanos() > News.MAX_CLOCK_SKEW.toNanos();
        return standing.epoch() > said.getEpoch() + said.getFallenBack() && !muchLater;
    }

    // ---- what it tells ----

    /** What the others believe of this peer; null if it has said nothing yet. */
    @Nullable Belief ofSelf() {
        Peer own = peers.get(self);
        return own == null ? null : belief(own);
    }

    /** Epochs beyond this one of which a record names this peer as a member. */
    long fallenBack(long generation, long epoch) {
        Peer own = peers.get(self);
        Standing standing = own == null ? null : own.standing;
        return standing == null || standing.generation() != generation ? 0 : Math.max(0, standing.epoch() - epoch);
    }

    @Override
    public List<PeerView> alive() {
        if (copy == null) {
            copy = List.copyOf(living);
        }
        return copy;
    }

    /** A random one of the living, by its index below {@link #livingCount}. */
    PeerView living(int index) {
        return living.get(index);
    }

    /** Where those can be called of whom nothing is heard (any more). */
    List<Endpoint> lost() {
        List<Endpoint> lost = new ArrayList<>();
        unheard.forEach(peer -> peer.endpoint.ifPresent(lost::add));
        return lost;
    }

    /** Where somebody can be called whom one call has failed to reach; each is told once, since one call may be lost on any line. */
    Optional<Endpoint> callAgain() {
        for (Peer peer : suspects) {
            if (peer.failures == 1 && !peer.calledAgain && peer.endpoint.isPresent()) {
                peer.calledAgain = true;
                return peer.endpoint;
            }
        }
        return Optional.empty();
    }

    /** Where those can be called whose token fulfils a condition, dead or alive. */
    List<Endpoint> endpoints(Predicate<AccessToken> condition) {
        return peers.values().stream()
                .flatMap(peer -> Stream.ofNullable(peer.view))
                .filter(view -> condition.test(view.token()))
                .flatMap(view -> view.endpoint().stream())
                .toList();
    }

    /** Whether somebody of the living is called at this address. */
    boolean isLiving(String address) {
        for (PeerView peer : living) {
            if (peer.record().getAddress().equals(address)) {
                return true;
            }
        }
        return false;
    }

    int livingCount() {
        return living.size();
    }

    @Override
    public Optional<PeerView> find(PeerId id) {
        Peer peer = peers.get(id);
        return peer == null ? Optional.empty() : Optional.ofNullable(peer.view);
    }

    @Override
    public Optional<PeerView> findAlive(PeerId id) {
        Peer peer = peers.get(id);
        return peer == null || peer.index < 0 ? Optional.empty() : Optional.of(living.get(peer.index));
    }

    @Override
    public void watch(Watcher watcher) {
        watchers.add(watcher);
    }
}
