package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.Progress;

/**
 * What follows from the progress of the others. Follows the directory change by change, so that asking costs nothing that
 * grows with the swarm. Confined to the protocol thread.
 */
final class SwarmView implements PeerDirectory.Watcher {
    /** More would only be asked in vain: a state comes from a few. */
    private static final int MAX_SOURCES = 8;

    private final PeerDirectory directory;
    private final Scheduler clock;
    private final Predicate<AccessToken> shunned;
    private final SampleSum trainers = new SampleSum();
    private SampleSum companions = new SampleSum();
    private @Nullable RoundKey round;
    private @Nullable List<PeerView> companionList;

    /** @param shunned the owners of these tokens are in no round with this peer; tell {@link #lookAgain} of a change */
    SwarmView(PeerDirectory directory, Scheduler clock, Predicate<AccessToken> shunned) {
        this.directory = directory;
        this.clock = clock;
        this.shunned = shunned;
        directory.watch(this);
    }

    @Override
    public void changed(@Nullable PeerView before, @Nullable PeerView after) {
        PeerView was = before != null && isTrainer(before) ? before : null;
        PeerView is = after != null && isTrainer(after) ? after : null;
        trainers.replace(was, is);
        RoundKey key = round;
        if (key == null) {
            return;
        }
        PeerView left = was != null && isIn(was, key) ? was : null;
        PeerView joined = is != null && isIn(is, key) ? is : null;
        if (left != null || joined != null) {
            companions.replace(left, joined);
            companionList = null;
        }
    }

    /** The other trainers that are in this round. */
    List<PeerView> companions(RoundKey key) {
        follow(key);
        if (companionList == null) {
            companionList = directory.alive().stream()
                    .filter(peer -> isCompanion(peer, key))
                    .toList();
        }
        return companionList;
    }

    /** Whether any of them can be called. */
    boolean hasReachableCompanion(RoundKey key) {
        follow(key);
        return companions.reachable > 0;
    }

    /** Others are shunned than before. */
    void lookAgain() {
        round = null;
    }

    private void follow(RoundKey key) {
        if (key.equals(round)) {
            return;
        }
        round = key;
        companionList = null;
        companions = new SampleSum();
        for (PeerView peer : directory.alive()) {
            if (isCompanion(peer, key)) {
                companions.replace(null, peer);
            }
        }
    }

    private boolean isCompanion(PeerView peer, RoundKey key) {
        return isTrainer(peer) && isIn(peer, key);
    }

    private boolean isIn(PeerView peer, RoundKey key) {
        Progress progress = peer.progress();
        return progress != null
                && progress.getGeneration() == key.generation()
                && progress.getEpoch() == key.epoch()
                && progress.getStateDigest().equals(key.state().toByteString())
                && !shunned.test(peer.token());
    }

    private static boolean isTrainer(PeerView peer) {
        return peer.plays(Role.TRAINER);
    }

    /**
     * Samples of the round's peers together.
     *
     * @param own this peer's
     * @param claims exact numbers of those who have applied
     */
    long samples(RoundKey key, long own, Map<PeerId, Long> claims) {
        follow(key);
        long now = clock.nanoTime();
        double sum = own + companions.at(now);
        for (Map.Entry<PeerId, Long> claim : claims.entrySet()) {
            Optional<PeerView> companion = directory.findAlive(claim.getKey()).filter(peer -> isCompanion(peer, key));
            if (companion.isPresent()) {
                sum += claim.getValue() - SampleSum.samplesOf(companion.get(), now);
            }
        }
        return (long) sum;
    }

    /** What the other peers of the round compute together. */
    double samplesPerSecond() {
        return companions.samplesPerSecond;
    }

    /** How many trainers there are besides this peer, wherever they are. */
    int trainers() {
        return trainers.peers;
    }

    /** Samples of all trainers together, for those who only look on. */
    long samplesOfAll() {
        return (long) trainers.at(clock.nanoTime());
    }

    /** Whether somebody says that it has the state that a record led to. */
    boolean hasSources(EpochRecord record) {
        return !sourcesOf(record.stateAfter()).isEmpty();
    }

    /** Reachable peers that say they have the state, a few by chance. */
    List<Endpoint> sourcesOf(Digest digest) {
        ByteString wanted = digest.toByteString();
        List<Endpoint> sources = new ArrayList<>();
        for (PeerView peer : directory.alive()) {
            Progress progress = peer.progress();
            if (progress != null
                    && (progress.getStateDigest().equals(wanted)
                            || progress.getServesList().contains(wanted))) {
                peer.endpoint().ifPresent(sources::add);
            }
        }
        if (sources.size() > MAX_SOURCES) {
            Collections.shuffle(sources, new java.util.Random(clock.random().nextLong()));
            return List.copyOf(sources.subList(0, MAX_SOURCES));
        }
        return sources;
    }

    /** The samples of some peers together, each carried forward at its speed: a line whose slope and height are kept. */
    private static final class SampleSum {
        private int peers;
        private int reachable;
        private double samplesPerSecond;
        private double samplesAtZero;

        void replace(@Nullable PeerView before, @Nullable PeerView after) {
            if (before != null) {
                add(before, -1);
            }
            if (after != null) {
                add(after, 1);
            }
            if (peers == 0) {
                // what rounding has left
                samplesPerSecond = 0;
                samplesAtZero = 0;
            }
        }

        private void add(PeerView peer, int sign) {
            Progress progress = progressOf(peer);
            peers += sign;
            reachable += peer.endpoint().isPresent() ? sign : 0;
            samplesPerSecond += sign * progress.getSamplesPerSecond();
            samplesAtZero +=
                    sign * (progress.getSamples() - progress.getSamplesPerSecond() * (peer.progressNanos() / 1e9));
        }

        double at(long nanos) {
            return samplesAtZero + samplesPerSecond * (nanos / 1e9);
        }

        static double samplesOf(PeerView peer, long nanos) {
            Progress progress = progressOf(peer);
            return progress.getSamples() + progress.getSamplesPerSecond() * ((nanos - peer.progressNanos()) / 1e9);
        }

        private static Progress progressOf(PeerView peer) {
            Progress progress = peer.progress();
            return progress == null ? Progress.getDefaultInstance() : progress;
        }
    }
}
