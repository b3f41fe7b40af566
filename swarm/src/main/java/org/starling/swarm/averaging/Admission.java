package org.starling.swarm.averaging;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.starling.swarm.identity.PeerId;

/**
 * Who of those who have applied is in which subgroup of a round. A pure function of their claims.
 *
 * <p>A peer can be in two subgroups' applications: its leader has died after it had passed the claims on, and those that it led have
 * turned to another, with what they have computed meanwhile. A peer takes part with what it has claimed last and under whom it has claimed it,
 * and with nothing else; in another subgroup it would be awaited in vain. The later claim is the one with more samples, as they only
 * become more, and of the same samples the one that has come later.
 */
final class Admission {
    private final List<List<Claim>> subgroups;

    private Admission(List<List<Claim>> subgroups) {
        this.subgroups = subgroups;
    }

    /**
     * @param own the chair's subgroup, its own claim first
     * @param applied other subgroups in the order in which they have come, their leaders' claims first
     * @return for each subgroup, the chair's before the others, those who are in it, the leader first; an empty list, if there is
     *     no such subgroup: its leader is in another, or it has nobody whom others can reach
     */
    static List<List<Claim>> of(List<Claim> own, List<List<Claim>> applied) {
        List<List<Claim>> subgroups = new ArrayList<>();
        subgroups.add(own);
        subgroups.addAll(applied);
        Admission admission = new Admission(subgroups);
        for (Optional<Integer> bad = admission.withoutLeader(); bad.isPresent(); bad = admission.withoutLeader()) {
            subgroups.set(bad.get(), List.of());
        }
        return admission.members();
    }

    /** A subgroup that cannot be one. */
    private Optional<Integer> withoutLeader() {
        List<List<Claim>> members = members();
        for (int i = 1; i < subgroups.size(); i++) {
            List<Claim> claims = subgroups.get(i);
            List<Claim> left = members.get(i);
            if (!claims.isEmpty() && !(Claim.anyReachable(left) && left.get(0).equals(claims.get(0)))) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** Each subgroup's claims of those who have come to it last. */
    private List<List<Claim>> members() {
        Map<PeerId, Place> last = new HashMap<>();
        for (int i = 1; i <= subgroups.size(); i++) {
            // the chair itself hears those whom it leads when they speak
            int subgroup = i % subgroups.size();
            for (Claim claim : subgroups.get(subgroup)) {
                last.merge(
                        claim.peer(),
                        new Place(subgroup, claim),
                        (one, two) -> two.samples() >= one.samples() ? two : one);
            }
        }
        Claim chair = subgroups.get(0).get(0);
        last.put(chair.peer(), new Place(0, chair));
        List<List<Claim>> members = new ArrayList<>();
        for (List<Claim> claims : subgroups) {
            int subgroup = members.size();
            members.add(claims.stream()
                    .filter(claim -> last.remove(claim.peer(), new Place(subgroup, claim)))
                    .toList());
        }
        return members;
    }

    /** Where a peer has claimed something. */
    private record Place(int subgroup, Claim claim) {
        long samples() {
            return claim.request().getSamples();
        }
    }
}
