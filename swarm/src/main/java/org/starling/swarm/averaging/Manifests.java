package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.GroupMember;

/** What the chair of a round writes into its manifest, and what the others accept of one. Confined to the protocol thread. */
final class Manifests {
    private static final int ID_BYTES = 16;
    /** For so many matchmaking windows a manifest may have been on its way. */
    private static final int WINDOWS = 2;
    /** More than there are rounds, one after another, while a manifest is new. */
    private static final int REMEMBERED = 1024;

    private final Supplier<RunConfiguration> run;
    private final Supplier<SampleLimits> limits;
    private final Credentials credentials;
    private final PeerDirectory directory;
    private final TensorSizes tensors;
    private final Function<Digest, Optional<Instant>> starts;
    private final IntSupplier trainers;
    private final Distrust distrust;
    private final Scheduler scheduler;
    private final Set<ByteString> accepted = Collections.newSetFromMap(BoundedMaps.ofNewest(REMEMBERED));

    /**
     * @param tensors of which the gradient is made
     * @param starts when the round started that a record is of, if that is known
     * @param trainers how many the swarm has, as far as this peer knows
     * @param distrust who reduces nothing where this peer is the chair, as long as there is somebody else
     */
    Manifests(
            Supplier<RunConfiguration> run,
            Supplier<SampleLimits> limits,
            Credentials credentials,
            PeerDirectory directory,
            TensorSizes tensors,
            Function<Digest, Optional<Instant>> starts,
            IntSupplier trainers,
            Distrust distrust,
            Scheduler scheduler) {
        this.run = run;
        this.limits = limits;
        this.credentials = credentials;
        this.directory = directory;
        this.tensors = tensors;
        this.starts = starts;
        this.trainers = trainers;
        this.distrust = distrust;
        this.scheduler = scheduler;
    }

    // ---- as another member ----

    /** @throws IllegalArgumentException if no honest leader hands it out */
    Group parse(GroupManifestMessage manifest) {
        Group group =
                Group.parse(manifest, run.get().run(), run.get().averaging().partElements(), tensors);
        for (Group.Member member : group.members()) {
            if (!limits.get().arePossible(member.samples())) {
                throw new IllegalArgumentException(member + " cannot have computed " + member.samples() + " samples");
            }
        }
        return group;
    }

    /**
     * Checks that a group is what this peer has asked for, and accepts it, once: whoever averages the same parts of the same manifest
     * anew, with what others bring then, contradicts itself.
     *
     * @param samples that this peer brings
     * @param leader who has handed it out
     * @param asChair whether that is to be the first of all, and not only of this peer's subgroup
     * @throws IllegalArgumentException saying what is wrong
     */
    void accept(Group group, RoundKey round, long samples, PeerId leader, boolean asChair) {
        int self = group.indexOf(credentials.identity().id());
        if (self < 0 || group.members().get(self).samples() != samples) {
            throw new IllegalArgumentException("The manifest does not have this peer with its samples");
        }
        int first = asChair ? 0 : group.subgroupOf(self).first();
        if (!group.members().get(first).peer().equals(leader)) {
            throw new IllegalArgumentException("The manifest names another leader");
        }
        if (!group.round().equals(round)
                || !group.codecName().equals(run.get().averaging().codec())
                || group.subgroups().stream()
                        .anyMatch(s -> s.size() > run.get().averaging().maxGroupSize())) {
            throw new IllegalArgumentException("The manifest does not fit the round or the run");
        }
        int size = group.members().size();
        Instant now = scheduler.instant();
        // dated back, a proof of what its roots sign twice would count for a shorter time, or for none
        Instant oldest = now.minus(SampleLimits.MAX_CLOCK_SKEW)
                .minus(run.get().averaging().matchmakingWindow().multipliedBy(WINDOWS));
        if (group.startedAt().isBefore(oldest)
                || group.startedAt().isBefore(limits.get().earliestStart(starts.apply(round.head()), size))
                || group.startedAt().isAfter(now.plus(SampleLimits.MAX_CLOCK_SKEW))) {
            throw new IllegalArgumentException("The manifest's round starts too early or too late");
        }
        for (Group.Member member : group.everybody()) {
            Optional<PeerView> known = directory.find(member.peer());
            if (known.isPresent() && !known.get().token().accountId().equals(member.accountId())) {
                throw new IllegalArgumentException(member + " is not of the account that the manifest says");
            }
        }
        if (!accepted.add(group.id())) {
            throw new IllegalArgumentException("The manifest is that of a round in which this peer has been");
        }
    }

    // ---- as the chair ----

    /**
     * Makes and signs the manifest of a round that begins now.
     *
     * @param subgroups the claims of each, its leader's first; this peer's own first of all
     * @param offers of helpers; they have a place in a round of one subgroup
     */
    Group sign(RoundKey round, List<List<Claim>> subgroups, List<Claim> offers) {
        return Group.sign(manifest(round, subgroups, offers), credentials.identity(), tensors);
    }

    private GroupManifest manifest(RoundKey round, List<List<Claim>> subgroups, List<Claim> offers) {
        byte[] id = new byte[ID_BYTES];
        scheduler.random().nextBytes(id);
        GroupManifest.Builder manifest = GroupManifest.newBuilder()
                .setRun(run.get().run())
                .setRound(round.toMessage())
                .setGroupId(ByteString.copyFrom(id))
                .setPartElements(run.get().averaging().partElements())
                .setCodec(run.get().averaging().codec())
                .setAggregator(Group.MEAN)
                .setGradientElements(tensors.elements())
                .setNextSubgroupsLog2(Subgroups.log2For(
                        trainers.getAsInt(), run.get().averaging().maxGroupSize()))
                .setStartedAtMillis(startedAt(round, subgroups).toEpochMilli());
        List<GroupMember> reducing = new ArrayList<>();
        for (List<Claim> claims : subgroups) {
            manifest.addSubgroupSizes(claims.size());
            claims.forEach(claim -> {
                manifest.addMembers(claim.toMember());
                reducing.add(asReducer(claim));
            });
        }
        // one subgroup divides the gradient exactly; several divide it at the same places
        int unit = subgroups.size() == 1 ? 1 : run.get().averaging().partElements();
        if (subgroups.size() == 1 && reducing.size() > 1) {
            offers.forEach(offer -> {
                manifest.addHelpers(offer.toMember());
                reducing.add(asReducer(offer));
            });
        }
        int first = 0;
        for (List<Claim> claims : subgroups) {
            Group.Subgroup subgroup = new Group.Subgroup(manifest.getSubgroupSizesCount(), first, claims.size());
            manifest.addAllSpans(Spans.of(reducing, manifest.getHelpersCount(), subgroup, tensors.elements(), unit));
            first += claims.size();
        }
        return manifest.build();
    }

    /** Whoever is distrusted reduces as little as one that has no bandwidth to spare. */
    private GroupMember asReducer(Claim claim) {
        GroupMember member = claim.toMember();
        return distrust.isDistrusted(claim.peer())
                ? member.toBuilder().setBandwidth(0).build()
                : member;
    }

    /** Now, unless this peer's clock is behind that of the chair before. */
    private Instant startedAt(RoundKey round, List<List<Claim>> subgroups) {
        int members = subgroups.stream().mapToInt(List::size).sum();
        Instant earliest = limits.get().earliestStart(starts.apply(round.head()), members);
        Instant now = scheduler.instant();
        return now.isBefore(earliest) ? earliest : now;
    }
}
