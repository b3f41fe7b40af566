package org.starling.swarm.node;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.Contradiction;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.runtime.SparingLog;
import org.starling.swarm.wire.proto.ContradictionMessage;

/**
 * The accounts with which nobody averages for a while, because a peer of theirs has told different members of a round different
 * things, which is proven. Everybody who has heard the proof shuns the same for the same time, counted from the start of that
 * round; and everybody hears it, for it spreads like the news. Confined to the protocol thread.
 */
final class Shunning {
    /** Long enough that spoiling rounds does not pay, short enough that a machine that has been repaired is welcome again. */
    static final Duration TERM = Duration.ofMinutes(10);

    private static final Logger log = LoggerFactory.getLogger(Shunning.class);
    private static final int MAX_SHUNNED = 1024;

    private final PeerDirectory directory;
    private final PeerId self;
    private final Scheduler clock;
    private final Runnable onChange;
    private final SparingLog ignored;
    private final Map<String, Proof> byAccount = new LinkedHashMap<>();

    private record Proof(Contradiction contradiction, Instant until) {}

    /** @param onChange told when somebody is shunned, or not any more */
    Shunning(PeerDirectory directory, PeerId self, Scheduler clock, Runnable onChange) {
        this.directory = directory;
        this.self = self;
        this.clock = clock;
        this.onChange = onChange;
        this.ignored = new SparingLog(log::info, clock);
    }

    /**
     * Takes in a proof. Whether it is good, and was news: of a peer whose account is known here and not shunned yet.
     */
    boolean accept(ContradictionMessage message) {
        PeerId accused = Contradiction.accused(message);
        Optional<String> account = directory.find(accused).map(PeerView::token).map(AccessToken::accountId);
        if (account.isEmpty()
                || accused.equals(self)
                || byAccount.containsKey(account.get())
                || byAccount.size() >= MAX_SHUNNED) {
            return false;
        }
        Contradiction contradiction;
        try {
            contradiction = Contradiction.verify(message);
        } catch (IllegalArgumentException e) {
            ignored.info("Ignored " + e.getMessage());
            return false;
        }
        Instant now = clock.instant();
        Instant until = contradiction.startedAt().plus(TERM);
        if (!until.isAfter(now) || contradiction.startedAt().isAfter(now.plus(SampleLimits.MAX_CLOCK_SKEW))) {
            return false;
        }
        log.warn(
                "{} of account {} has told different members of a round different averages; nobody averages with it until {}",
                accused.abbreviated(),
                account.get(),
                until);
        byAccount.put(account.get(), new Proof(contradiction, until));
        clock.schedule(Duration.between(now, until), () -> forget(account.get()));
        onChange.run();
        return true;
    }

    private void forget(String account) {
        byAccount.remove(account);
        onChange.run();
    }

    boolean isShunned(AccessToken token) {
        return byAccount.containsKey(token.accountId());
    }

    boolean isShunned(Group.Member member) {
        return byAccount.containsKey(member.accountId());
    }

    /** Why, to those who are shunned and to others. */
    List<ContradictionMessage> proofs() {
        List<ContradictionMessage> proofs = new ArrayList<>();
        byAccount.values().forEach(proof -> proofs.add(proof.contradiction().message()));
        return proofs;
    }

    /** Names whom this peer shuns, all together; 0 if nobody. */
    long name() {
        return byAccount.values().stream()
                .mapToLong(proof -> proof.contradiction().offender().first8Bytes())
                .reduce(0, (a, b) -> a ^ b);
    }
}
