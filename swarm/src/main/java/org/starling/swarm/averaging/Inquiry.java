package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.proto.AverageStatement;
import org.starling.swarm.wire.proto.FetchStatementsRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * After a round in which results differed: compares what the roots have signed for this member with what they have signed for a
 * few others. A root that spoils a round has told more than a third of the members something else, so that a few comparisons
 * of each member find it. Confined to the protocol thread.
 */
final class Inquiry {
    /** Statements in one reply; with their signatures less than half a mebibyte. */
    static final int PAGE = 4096;

    private static final Logger log = LoggerFactory.getLogger(Inquiry.class);
    private static final int WITNESSES = 3;
    private static final Duration DEADLINE = Duration.ofSeconds(5);

    private final Group group;
    private final TimedCalls calls;
    private final Scheduler scheduler;
    private final Map<Integer, SignedAverage> own = new TreeMap<>();
    private final Consumer<Contradiction> onFound;
    private final Set<Integer> found = new HashSet<>();

    private Inquiry(
            Group group,
            List<SignedAverage> own,
            TimedCalls calls,
            Scheduler scheduler,
            Consumer<Contradiction> onFound) {
        this.group = group;
        this.calls = calls;
        this.scheduler = scheduler;
        this.onFound = onFound;
        own.forEach(signed -> this.own.put(signed.part(), signed));
    }

    /**
     * Begins to ask.
     *
     * @param own what this member has
     * @param onFound told once of each root that has contradicted itself
     */
    static void begin(
            Group group,
            int self,
            List<SignedAverage> own,
            TimedCalls calls,
            Scheduler scheduler,
            Consumer<Contradiction> onFound) {
        if (own.isEmpty()) {
            return;
        }
        Inquiry inquiry = new Inquiry(group, own, calls, scheduler, onFound);
        List<Integer> witnesses = new ArrayList<>(group.acquaintancesOf(self));
        Collections.shuffle(witnesses, new Random(scheduler.random().nextLong()));
        witnesses.stream().limit(WITNESSES).forEach(witness -> inquiry.ask(witness, 0));
    }

    private void ask(int witness, int from) {
        FetchStatementsRequest question = FetchStatementsRequest.newBuilder()
                .setGroupId(group.id())
                .setFrom(from)
                .build();
        calls.call(
                        Deadline.CALL,
                        group.members().get(witness).endpoint().orElseThrow(),
                        SwarmGrpc.getFetchStatementsMethod(),
                        question,
                        DEADLINE)
                .whenComplete(scheduler.guarded((reply, failure) -> {
                    if (failure != null) {
                        log.debug(
                                "{} has no word of the round: {}",
                                group.members().get(witness),
                                failure.getMessage());
                        return;
                    }
                    // one signature is verified in vain for each witness
                    if (!reply.getStatementsList().stream().limit(PAGE).allMatch(this::compare)) {
                        log.info(
                                "{} shows of the round what no root has signed",
                                group.members().get(witness));
                        return;
                    }
                    if (from + PAGE < group.parts().size()) {
                        ask(witness, from + PAGE);
                    }
                }));
    }

    /** @return false if it contradicts what this member has, and no root has signed it */
    private boolean compare(AverageStatement statement) {
        SignedAverage mine = own.get(statement.getPart());
        if (mine == null || statement.getHash().equals(mine.hash().toByteString()) || found.contains(mine.root())) {
            return true;
        }
        if (statement.getHash().size() != Digest.BYTES) {
            return false;
        }
        SignedAverage theirs = SignedAverage.of(statement);
        if (!mine.contradicts(theirs)) {
            return true;
        }
        if (!theirs.isValid(group)) {
            return false;
        }
        found.add(mine.root());
        log.warn("{} has averaged part {} of {} twice", group.participant(mine.root()), mine.part(), group.round());
        onFound.accept(Contradiction.of(group, mine, theirs));
        return true;
    }
}
