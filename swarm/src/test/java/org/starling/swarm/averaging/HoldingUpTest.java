package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.Span;

/** A member that is alive, answers every question and gives no part that others wait for: they go on without it. */
class HoldingUpTest {
    private static final int PARTS = 20;
    private static final int WINDOW = 4;
    private static final AveragingSettings USUAL = AveragingSettings.defaults();
    private static final AveragingSettings SETTINGS = new AveragingSettings(
            "none",
            4,
            WINDOW,
            USUAL.bytesInFlight(),
            USUAL.matchmakingWindow(),
            USUAL.partTimeout(),
            USUAL.roundTimeout(),
            2,
            3,
            64,
            false);
    private static final Duration PART_TIMEOUT = SETTINGS.partTimeout();
    private static final Duration A_LITTLE = PART_TIMEOUT.dividedBy(4);
    private static final int HONEST = 1;
    private static final int IDLER = 2;

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler scheduler = time.scheduler();
    private final List<PeerIdentity> members =
            Stream.generate(PeerIdentity::create).limit(3).toList();
    /** To whom parts have been brought. */
    private final Set<String> reducers = new TreeSet<>();

    private final TreeMap<Integer, CompletableFuture<PartReply>> asked = new TreeMap<>();
    private Group group = Groups.of(members, new byte[16], "none", PARTS * 4, 4);
    private CompletableFuture<AveragedGradient> result = new CompletableFuture<>();

    /** One in which a member reduces everything, and another takes over from it. */
    private AllReduce begin(int reducer, int backup) {
        group = Groups.changed(group, members.get(0), manifest -> {
            manifest.clearSpans()
                    .addSpans(Span.newBuilder()
                            .setElements(PARTS * 4)
                            .addReducers(reducer)
                            .addReducers(backup));
            manifest.getMembersBuilderList().forEach(member -> member.setBandwidth(1e6));
        });
        AllReduce allReduce = new AllReduce(
                group,
                0,
                new float[PARTS * 4],
                members.get(0),
                SETTINGS,
                new TimedCalls(new Excuses(), scheduler, new Deadlines(scheduler, Deadline.Watch.NOBODY)),
                scheduler,
                new Distrust(scheduler),
                (member, answers) -> {});
        result = allReduce.start();
        return allReduce;
    }

    /** Others are alive, without a part and without an outcome; calls about parts wait. */
    private final class Excuses implements Transport {
        @Override
        @SuppressWarnings("unchecked")
        public <Q extends Message, R extends Message> CompletableFuture<R> call(
                Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
            if (request instanceof PartRequest part) {
                reducers.add(to.address());
                return (CompletableFuture<R>) asked.computeIfAbsent(part.getPart(), p -> new CompletableFuture<>());
            }
            return request instanceof FetchPartRequest
                    ? CompletableFuture.failedFuture(new RefusalException(Reason.UNKNOWN_GROUP, "Not here yet"))
                    : CompletableFuture.completedFuture((R) OutcomeMessage.getDefaultInstance());
        }
    }

    private CompletableFuture<PartReply> bring(AllReduce to, int member, int part) {
        return to.receive(
                member,
                PartRequest.newBuilder()
                        .setMember(member)
                        .setPart(part)
                        .setPayload(ByteString.copyFrom(new byte[4 * Float.BYTES]))
                        .build());
    }

    /** As a sender does that keeps as many parts under way as it may. */
    private void bringInOrder(AllReduce to, int member, int part) {
        if (part < PARTS) {
            bring(to, member, part).whenComplete((reply, failure) -> bringInOrder(to, member, part + WINDOW));
        }
    }

    private void bringAll(AllReduce to, int member) {
        for (int part = 0; part < WINDOW; part++) {
            bringInOrder(to, member, part);
        }
    }

    private void again(Duration every, Runnable task) {
        if (!result.isDone()) {
            task.run();
            scheduler.schedule(every, () -> again(every, task));
        }
    }

    private List<BitSet> included() {
        return result.join().parts().stream()
                .map(part -> BitSet.valueOf(part.getIncluded().toByteArray()))
                .toList();
    }

    @Test
    void whoeverBringsAPartAgainThatItHasBroughtIsSilent() {
        AllReduce allReduce = begin(0, HONEST);
        bringAll(allReduce, HONEST);

        again(PART_TIMEOUT.dividedBy(2), () -> bring(allReduce, IDLER, 0));
        time.run(PART_TIMEOUT.plus(A_LITTLE));

        assertThat(result).isCompleted();
        assertThat(included()).allMatch(members -> members.get(HONEST));
        assertThat(included().stream().filter(members -> members.get(IDLER))).hasSize(1);
        assertThat(whyLeftOut(allReduce)).startsWith("silent for PT5S");
    }

    @Test
    void whoeverBringsThePartsThatComeLastDoesNotWaitForAnswers() {
        AllReduce allReduce = begin(0, HONEST);
        bringAll(allReduce, HONEST);

        for (int part = PARTS - WINDOW; part < PARTS; part++) {
            bring(allReduce, IDLER, part);
        }
        time.run(PART_TIMEOUT.plus(A_LITTLE));

        assertThat(result).isCompleted();
        assertThat(included()).allMatch(members -> members.get(HONEST));
        assertThat(whyLeftOut(allReduce)).startsWith("silent for PT5S");
    }

    @Test
    void whoeverWaitsForAnswersIsNotSilent() {
        AllReduce allReduce = begin(0, HONEST);
        Duration soon = PART_TIMEOUT.minus(A_LITTLE);

        bringAll(allReduce, IDLER);
        time.run(soon);
        bring(allReduce, HONEST, WINDOW);
        time.run(soon);
        bring(allReduce, HONEST, WINDOW + 1);
        time.run(soon);
        bringAll(allReduce, HONEST);
        time.run(A_LITTLE);

        assertThat(result).isCompleted();
        assertThat(included()).allMatch(members -> members.get(HONEST) && members.get(IDLER));
    }

    @Test
    void whoeverHasBroughtNextToNothingInHalfOfTheRoundIsLeftOut() {
        AllReduce allReduce = begin(0, HONEST);
        bringAll(allReduce, HONEST);
        int[] next = {0};

        again(PART_TIMEOUT.minus(PART_TIMEOUT.dividedBy(4)), () -> bring(allReduce, IDLER, next[0]++));
        time.run(SETTINGS.roundTimeout().dividedBy(2).plus(A_LITTLE));

        assertThat(result).isCompleted();
        assertThat(included()).allMatch(members -> members.get(HONEST));
        assertThat(whyLeftOut(allReduce)).startsWith("it has brought 9 parts in half");
    }

    @Test
    void aReducerThatOnlySaysThatItIsAliveIsPassedOver() {
        begin(IDLER, HONEST);

        time.run(PART_TIMEOUT.multipliedBy(3).minus(A_LITTLE));
        assertThat(reducers).containsExactly("host2:1");

        time.run(A_LITTLE.multipliedBy(2));
        assertThat(reducers).containsExactly("host1:1", "host2:1");
    }

    @Test
    void aReducerThatGivesAPartNowAndThenIsPassedOverWhenMostOfTheRoundIsOver() {
        begin(IDLER, HONEST);

        again(PART_TIMEOUT.multipliedBy(2).plus(A_LITTLE), this::answerOne);
        time.run(SETTINGS.roundTimeout().multipliedBy(3).dividedBy(4).minus(A_LITTLE));
        assertThat(reducers).containsExactly("host2:1");

        time.run(A_LITTLE.multipliedBy(2));
        assertThat(reducers).containsExactly("host1:1", "host2:1");
    }

    private void answerOne() {
        if (!asked.isEmpty()) {
            Map.Entry<Integer, CompletableFuture<PartReply>> first = asked.pollFirstEntry();
            Group.Part part = group.parts().get(first.getKey());
            PartReply.Builder average = PartReply.newBuilder()
                    .setPayload(ByteString.copyFrom(new byte[4 * Float.BYTES]))
                    .setIncluded(ByteString.fromHex("07"));
            first.getValue()
                    .complete(SignedAverage.sign(group, part, IDLER, members.get(IDLER), average)
                            .average());
        }
    }

    private static String whyLeftOut(AllReduce allReduce) {
        return allReduce.addressed(IDLER, PartReply.getDefaultInstance()).getLeftOut();
    }
}
