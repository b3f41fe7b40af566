package org.starling.swarm.node;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.starling.swarm.averaging.ProgressEstimate;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.Progress;

/** What follows from the progress of the others. Confined to the protocol thread. */
final class SwarmView {
    private final PeerDirectory directory;
    private final Scheduler clock;
    private final Duration carriedForward;
    private List<PeerId> lastGroup = List.of();
    private Instant steppedAt;

    /** @param carriedForward how long a report is extrapolated */
    SwarmView(PeerDirectory directory, Scheduler clock, Duration carriedForward) {
        this.directory = directory;
        this.clock = clock;
        this.carriedForward = carriedForward;
        this.steppedAt = clock.instant();
    }

    /** This peer has just stepped together with these; empty if it has come to its state alone. */
    void steppedWith(List<PeerId> group) {
        lastGroup = List.copyOf(group);
        steppedAt = clock.instant();
    }

    /** The other trainers that are in this round or about to be. */
    List<PeerView> companions(RoundKey key) {
        return directory.alive().stream().filter(peer -> isCompanion(peer, key)).toList();
    }

    private boolean isCompanion(PeerView peer, RoundKey key) {
        Progress progress = peer.progress();
        if (progress == null || !isTrainer(progress)) {
            return false;
        }
        boolean sameState = progress.getGeneration() == key.generation()
                && progress.getEpoch() == key.epoch()
                && progress.getStateDigest().equals(key.state().toByteString());
        // a partner of the last round has stepped as this peer has, although its word of it has not arrived yet
        boolean justStepped = progress.getGeneration() == key.generation()
                && progress.getEpoch() + 1 == key.epoch()
                && lastGroup.contains(peer.id());
        return sameState || justStepped;
    }

    private static boolean isTrainer(Progress progress) {
        return progress.getRolesList().contains(Role.TRAINER.claim());
    }

    /**
     * Samples of the round's peers together.
     *
     * @param own this peer's
     * @param claims exact numbers of those who have applied
     */
    long samples(RoundKey key, long own, Map<PeerId, Long> claims) {
        Instant now = clock.instant();
        List<ProgressEstimate.Report> reports = new ArrayList<>();
        reports.add(new ProgressEstimate.Report(own, 0, now));
        for (PeerView peer : companions(key)) {
            Progress progress = Objects.requireNonNull(peer.progress());
            Long claim = claims.get(peer.id());
            if (claim != null) {
                reports.add(new ProgressEstimate.Report(claim, 0, now));
            } else if (progress.getEpoch() == key.epoch()) {
                reports.add(report(peer, progress));
            } else {
                reports.add(new ProgressEstimate.Report(0, progress.getSamplesPerSecond(), steppedAt));
            }
        }
        return ProgressEstimate.samples(reports, now, carriedForward);
    }

    /** Samples of all trainers together, for those who only look on. */
    long samplesOfAll() {
        List<ProgressEstimate.Report> reports = new ArrayList<>();
        for (PeerView peer : directory.alive()) {
            Progress progress = peer.progress();
            if (progress != null && isTrainer(progress)) {
                reports.add(report(peer, progress));
            }
        }
        return ProgressEstimate.samples(reports, clock.instant(), carriedForward);
    }

    private static ProgressEstimate.Report report(PeerView peer, Progress progress) {
        return new ProgressEstimate.Report(progress.getSamples(), progress.getSamplesPerSecond(), peer.progressAt());
    }

    /** Reachable peers that say they have the state. */
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
        return sources;
    }
}
