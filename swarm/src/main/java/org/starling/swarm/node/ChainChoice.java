package org.starling.swarm.node;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.ForkChoice;
import org.starling.swarm.ledger.ForkChoice.Choice;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.PeerDirectory;

/**
 * On which chain this peer stands, given the records that it has and where the others stand. Chooses anew only when
 * something has changed. Confined to the protocol thread.
 */
final class ChainChoice {
    private final Ledger ledger;
    private final ForkChoice choice;
    private final Electorate electorate;
    private final Predicate<EpochRecord> available;
    private final Consumer<EpochRecord> follower;
    private final History history;
    private @Nullable Basis basis;
    private Choice chosen = new Choice.Stay();

    /**
     * What a choice depends on.
     *
     * @param root where the generation begins, as far as that is known here
     * @param place where this peer stands
     * @param newcomer whether it stands there for want of anything better
     * @param votes whether it is counted among those who stand there
     */
    record Stand(long generation, Optional<Position> root, Digest place, boolean newcomer, boolean votes) {}

    private record Basis(Stand stand, long records, long voters, long failures) {}

    /**
     * @param targetBatchSize samples of an epoch, asked at each choice
     * @param history tells which chains could not be connected
     * @param available whether somebody has the state that a record led to
     * @param follower told of each new head that is followed
     */
    ChainChoice(
            Ledger ledger,
            PeerDirectory directory,
            IntUnaryOperator quorum,
            LongSupplier targetBatchSize,
            String account,
            History history,
            Predicate<EpochRecord> available,
            Consumer<EpochRecord> follower) {
        this.ledger = ledger;
        this.choice = new ForkChoice(ledger::find, quorum, targetBatchSize);
        this.electorate = new Electorate(ledger, directory, account);
        this.history = history;
        this.available = available;
        this.follower = follower;
    }

    /**
     * Whether to push a new record on at once. The rest travels by comparison of heads, once somebody follows it: else one liar
     * could keep everybody busy.
     */
    boolean isWorthPassingOn(EpochRecord record) {
        return electorate.isOfMany(record);
    }

    Choice choose(Stand stand) {
        Basis now = new Basis(stand, ledger.changes(), electorate.changes(), history.failures());
        if (!now.equals(basis)) {
            basis = now;
            chosen = compute(stand);
            if (chosen instanceof Choice.Follow follow) {
                ledger.follow(stand.generation(), follow.head().id());
                follower.accept(follow.head());
            } else {
                ledger.follow(stand.generation(), stand.place());
            }
        }
        return chosen;
    }

    private Choice compute(Stand stand) {
        if (electorate.isEmpty()) {
            List<EpochRecord> eligible = ledger.eligible(stand.generation());
            Collection<EpochRecord> known = eligible.stream().filter(available).toList();
            return choice.chooseAlone(stand.place(), known);
        }
        Map<Digest, Double> votes = electorate.votes(
                stand.generation(), stand.root(), stand.votes() ? Optional.of(stand.place()) : Optional.empty());
        return choice.choose(
                stand.place(),
                stand.newcomer(),
                votes,
                ledger::isEligible,
                head -> history.isInVain(head, stand.place(), stand.root().map(Position::head)));
    }
}
