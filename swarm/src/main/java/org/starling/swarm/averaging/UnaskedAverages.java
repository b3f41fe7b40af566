package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.FetchOutcomeRequest;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * What others may lack of the result of a member that cannot be called. A reducer may have failed when only that member had its
 * answer; whoever takes its place {@link Counterparts#askWhatThePredecessorAnswered asks the others}, and cannot ask this one. So
 * this one asks, for as long as the round is not decided, and brings what is wanted. Without that the others would average the part
 * again, without its gradient, and have another result. Confined to the protocol thread; one use.
 */
final class UnaskedAverages {
    /** Parts that are wanted in one answer. */
    static final int MAX_WANTED = 256;

    private static final int QUESTIONS_PER_TIMEOUT = 4;

    private final Group group;
    private final int self;
    private final StagedParts averages;
    private final AveragingSettings settings;
    private final TimedCalls calls;
    private final Scheduler scheduler;
    private final VoteDelivery.Course round;

    /** @param averages the whole result */
    UnaskedAverages(
            Group group,
            int self,
            StagedParts averages,
            AveragingSettings settings,
            TimedCalls calls,
            Scheduler scheduler,
            VoteDelivery.Course round) {
        this.group = group;
        this.self = self;
        this.averages = averages;
        this.settings = settings;
        this.calls = calls;
        this.scheduler = scheduler;
        this.round = round;
    }

    /** Begins, unless others can ask this member. */
    void begin() {
        if (group.participant(self).endpoint().isEmpty()) {
            Set<Integer> reducers = new TreeSet<>();
            group.parts().forEach(part -> reducers.addAll(part.reducers(group.subgroupOf(self))));
            askLater(reducers);
        }
    }

    private void askLater(Set<Integer> reducers) {
        Duration pause = settings.partTimeout().dividedBy(QUESTIONS_PER_TIMEOUT);
        round.later(pause, () -> {
            if (!round.isDecided()) {
                reducers.stream().filter(member -> !round.isGone(member)).forEach(this::ask);
                askLater(reducers);
            }
        });
    }

    private void ask(int member) {
        FetchOutcomeRequest question = FetchOutcomeRequest.newBuilder()
                .setGroupId(group.id())
                .setHasResult(true)
                .build();
        calls.call(
                        Deadline.OUTCOME,
                        endpoint(member),
                        SwarmGrpc.getFetchOutcomeMethod(),
                        question,
                        settings.partTimeout())
                .whenComplete(scheduler.guarded((reply, failure) -> {
                    if (failure == null && !round.learn(member, reply)) {
                        reply.getWantedList().stream()
                                .limit(MAX_WANTED)
                                .filter(averages::has)
                                .forEach(part -> bring(part, member));
                    }
                }));
    }

    private void bring(int part, int member) {
        calls.call(
                Deadline.PART,
                endpoint(member),
                SwarmGrpc.getExchangePartMethod(),
                PartRequest.newBuilder()
                        .setGroupId(group.id())
                        .setPart(part)
                        .setMember(self)
                        .setAverage(averages.get(part))
                        .build(),
                settings.partTimeout());
    }

    private Endpoint endpoint(int member) {
        return group.participant(member).endpoint().orElseThrow();
    }
}
