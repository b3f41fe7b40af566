package org.starling.swarm.membership;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;

/** What this peer says of itself, and when: as seldom as the others can do with. Confined to the protocol thread. */
final class OwnWords {
    private static final Duration PEER_RECORD_LIFETIME = News.MAX_LIFETIME;

    /** Others may err in a peer's share of an epoch by its so many-th part before the peer corrects them. */
    private static final double TOLERANCE = 4;

    private final NewsTable table;
    private final KnownPeers peers;
    private final MembershipSettings settings;
    private final LongSupplier targetBatchSize;
    private final Scheduler scheduler;
    private final Pushes pushes;
    private PeerRecord self = PeerRecord.getDefaultInstance();
    private long selfPublishedNanos;
    private @Nullable Pace pace;
    private long spokenNanos;

    /** @param targetBatchSize an epoch's samples, asked when it matters */
    OwnWords(
            NewsTable table,
            KnownPeers peers,
            MembershipSettings settings,
            LongSupplier targetBatchSize,
            Scheduler scheduler,
            Pushes pushes) {
        this.table = table;
        this.peers = peers;
        this.settings = settings;
        this.targetBatchSize = targetBatchSize;
        this.scheduler = scheduler;
        this.pushes = pushes;
    }

    /** Says how this peer is reached and by what right it takes part. */
    void publish(PeerRecord record) {
        boolean changed = !record.equals(self);
        self = record;
        selfPublishedNanos = scheduler.nanoTime();
        News news = table.publish(NewsBody.newBuilder().setPeer(record), PEER_RECORD_LIFETIME);
        if (changed) {
            pushes.add(news);
        }
    }

    /** Says how far this peer is, if that is due. */
    void report(Progress progress) {
        long now = scheduler.nanoTime();
        if (table.isContradicted() || now - selfPublishedNanos > PEER_RECORD_LIFETIME.toNanos() / 2) {
            publish(self);
        }
        Pace due = Pace.of(peers.livingCount() + 1, settings);
        switch (urgency(progress, due, now)) {
            case NOT_NOW -> {}
            case CALMLY -> say(progress, due, now);
            case AT_ONCE -> pushes.add(say(progress, due, now));
        }
    }

    private ProgressPolicy.Telling urgency(Progress progress, Pace due, long now) {
        KnownPeers.Belief believed = peers.ofSelf();
        Pace promised = pace;
        if (believed == null || promised == null || table.isContradicted()) {
            return ProgressPolicy.Telling.AT_ONCE;
        }
        Duration silence = Duration.ofNanos(now - spokenNanos);
        return ProgressPolicy.decide(
                progress,
                believed.progress(),
                believed.samplesAt(now),
                targetBatchSize.getAsLong() / TOLERANCE / (peers.livingCount() + 1),
                silence.compareTo(due.correction(settings)) >= 0,
                silence.compareTo(promised.interval()) >= 0 || silence.compareTo(due.interval()) >= 0);
    }

    private News say(Progress progress, Pace due, long now) {
        spokenNanos = now;
        // a little sooner or later, lest those who began together speak together for ever
        double share = 0.75 + 0.25 * scheduler.random().nextDouble();
        pace = new Pace(Duration.ofNanos((long) (due.interval().toNanos() * share)), due.lifetime());
        return table.publish(
                NewsBody.newBuilder()
                        .setProgress(progress.toBuilder()
                                .setFallenBack(peers.fallenBack(progress.getGeneration(), progress.getEpoch()))),
                due.lifetime());
    }
}
