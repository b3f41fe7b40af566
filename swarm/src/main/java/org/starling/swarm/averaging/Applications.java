package org.starling.swarm.averaging;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.GroupManifestMessage;

/** Who has applied to this peer for a round, in the order in which they last came. Confined to the protocol thread. */
final class Applications {
    private final Scheduler scheduler;
    private final Map<Kind, Map<PeerId, Application>> held = new EnumMap<>(Kind.class);
    private @Nullable RoundKey round;
    private long lastAtNanos;

    /** For what. */
    enum Kind {
        /** A place in this peer's subgroup. */
        MEMBER,
        /** Places for a subgroup in the round that this peer chairs. */
        SUBGROUP,
        /** Reducing without a gradient. */
        HELPER
    }

    /** Claims of one peer, or of a subgroup with its leader's first, and where its answer goes. */
    record Application(List<Claim> claims, CompletableFuture<GroupManifestMessage> answer) {}

    /** @param isNews whether the applicant has not said the same before */
    record Held(CompletableFuture<GroupManifestMessage> answer, boolean isNews) {}

    Applications(Scheduler scheduler) {
        this.scheduler = scheduler;
        for (Kind kind : Kind.values()) {
            held.put(kind, new LinkedHashMap<>());
        }
    }

    private Map<PeerId, Application> byApplicant(Kind kind) {
        return Objects.requireNonNull(held.get(kind));
    }

    /** From now on they apply for this round; those for another are refused. */
    void beginRound(RoundKey next) {
        if (!next.equals(round)) {
            refuse(new RefusalException(Reason.AHEAD, "The swarm has gone on to " + next));
            round = next;
        }
    }

    boolean areFor(RoundKey some) {
        return some.equals(round);
    }

    /** Takes an application in, in place of an earlier one of the same applicant. */
    Held hold(Kind kind, PeerId applicant, List<Claim> claims) {
        CompletableFuture<GroupManifestMessage> answer = new CompletableFuture<>();
        Application earlier = byApplicant(kind).remove(applicant);
        byApplicant(kind).put(applicant, new Application(claims, answer));
        if (earlier != null) {
            earlier.answer().completeExceptionally(new RefusalException(Reason.BUSY, "Replaced by a newer claim"));
        }
        boolean isNews = earlier == null || !earlier.claims().equals(claims);
        if (isNews) {
            lastAtNanos = scheduler.nanoTime();
        }
        return new Held(answer, isNews);
    }

    /** Sends an applicant away, unless it has been answered or has applied anew. */
    void letGo(Kind kind, PeerId applicant, CompletableFuture<GroupManifestMessage> answer, RefusalException refusal) {
        Application latest = byApplicant(kind).get(applicant);
        if (latest != null && latest.answer() == answer) {
            byApplicant(kind).remove(applicant);
            answer.completeExceptionally(refusal);
        }
    }

    /** Whether nobody has come for so long. */
    boolean areQuietFor(Duration time) {
        return scheduler.nanoTime() - lastAtNanos >= time.toNanos();
    }

    List<Application> of(Kind kind) {
        return List.copyOf(byApplicant(kind).values());
    }

    boolean has(Kind kind, PeerId applicant) {
        return byApplicant(kind).containsKey(applicant);
    }

    List<Claim> claims(Kind kind) {
        return byApplicant(kind).values().stream()
                .flatMap(application -> application.claims().stream())
                .toList();
    }

    /** Of those who bring gradients. */
    List<Claim> claims() {
        return Stream.of(Kind.MEMBER, Kind.SUBGROUP)
                .flatMap(kind -> claims(kind).stream())
                .toList();
    }

    /** Answers those who have a place in the group; the others wait on. */
    void admit(List<Kind> kinds, Group group) {
        for (Kind kind : kinds) {
            List<PeerId> admitted =
                    byApplicant(kind).keySet().stream().filter(group::has).toList();
            admitted.forEach(
                    applicant -> Objects.requireNonNull(byApplicant(kind).remove(applicant))
                            .answer()
                            .complete(group.message()));
        }
    }

    /** Answers some subgroups. */
    void admitSubgroups(List<Application> subgroups, Group group) {
        byApplicant(Kind.SUBGROUP).values().removeAll(subgroups);
        subgroups.forEach(application -> application.answer().complete(group.message()));
    }

    /** Sends all away. */
    void refuse(RefusalException refusal) {
        List<Application> refused = new ArrayList<>();
        held.values().forEach(applications -> {
            refused.addAll(applications.values());
            applications.clear();
        });
        refused.forEach(application -> application.answer().completeExceptionally(refusal));
    }

    /** Sends some away. */
    void dismiss(Predicate<AccessToken> unwelcome, RefusalException refusal) {
        for (Map<PeerId, Application> applications : held.values()) {
            for (Map.Entry<PeerId, Application> application : List.copyOf(applications.entrySet())) {
                if (unwelcome.test(application.getValue().claims().get(0).token())) {
                    applications.remove(application.getKey());
                    application.getValue().answer().completeExceptionally(refusal);
                }
            }
        }
    }
}
