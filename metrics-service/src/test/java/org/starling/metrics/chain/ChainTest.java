package org.starling.metrics.chain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starling.metrics.testing.SimulatedSwarm;
import org.starling.metrics.testing.SimulatedSwarm.Share;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;

class ChainTest {
    private final SimulatedSwarm swarm = new SimulatedSwarm();
    private final KnownLinks links = new KnownLinks();

    @Test
    void theHeavierForkCountsAndTheLighterOneLeaves() {
        EpochRecord first = add(null, "", 10);
        EpochRecord light = add(first, " light", 10);
        links.settle();
        assertThat(links.counting()).containsExactly(first.id(), light.id());

        EpochRecord heavy = add(first, " heavy", 11);
        Chain.Change change = links.settle();

        assertThat(change.joined()).extracting(Link::id).containsExactly(heavy.id());
        assertThat(change.kept()).isEqualTo(1);
        assertThat(links.counting()).containsExactly(first.id(), heavy.id());
    }

    @Test
    void aRollbackUndoesWhatCameAfterItsStateAtOnce() {
        EpochRecord first = add(null, "", 10);
        EpochRecord second = add(first, "", 10);
        add(second, "", 10);
        links.settle();

        var order = swarm.rollBack(1, first);
        links.rollBack(order.generation(), order.state());
        links.settle();
        assertThat(links.counting()).containsExactly(first.id());

        EpochRecord again = swarm.commitAfterRollback(new Share("ada", 3));
        links.add(again);
        assertThat(links.settle().missing()).isEmpty();
        assertThat(links.counting()).containsExactly(first.id(), again.id());
    }

    @Test
    void namesTheRecordThatIsMissing() {
        EpochRecord first = swarm.commit(null, "", new Share("ada", 10));
        EpochRecord second = swarm.commit(first, "", new Share("ada", 10));
        EpochRecord third = add(second, "", 10);
        assertThat(links.settle().missing()).contains(second.id());

        links.add(second);
        links.add(first);
        assertThat(links.settle().missing()).isEmpty();
        assertThat(links.counting()).containsExactly(first.id(), second.id(), third.id());
    }

    @Test
    void ofALongChainOnlyWhatHasChangedIsLookedAt() {
        EpochRecord target = null;
        EpochRecord last = null;
        for (int epoch = 1; epoch <= 5 * Chain.STEP / 2; epoch++) {
            last = add(last, "", 1);
            target = epoch == 10 ? last : target;
        }
        List<Integer> steps = new ArrayList<>();
        for (boolean more = true; more; ) {
            Chain.Change change = links.settle();
            steps.add(change.joined().size());
            more = change.more();
        }
        assertThat(steps).containsExactly(Chain.STEP, Chain.STEP, Chain.STEP / 2);

        links.looks = 0;
        add(last, "", 1);
        links.settle();
        assertThat(links.looks).as("one more epoch").isLessThan(10);

        links.looks = 0;
        var order = swarm.rollBack(1, java.util.Objects.requireNonNull(target));
        links.rollBack(order.generation(), order.state());
        links.settle();
        assertThat(links.looks).as("a rollback").isLessThan(10);
        assertThat(links.counting()).hasSize(10);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void inWhateverOrderRecordsComeTheSameOnesCount(long seed) {
        Random random = new Random(seed);
        List<EpochRecord> records = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            EpochRecord parent = records.isEmpty() || random.nextInt(20) == 0
                    ? null
                    : records.get(Math.max(0, records.size() - 1 - random.nextInt(4)));
            records.add(swarm.commit(parent, " " + i, new Share("ada", 1 + random.nextInt(5))));
        }
        assertThat(onChain(records, false)).isEqualTo(onChain(records, true));
        Collections.shuffle(records, random);
        List<Digest> shuffled = onChain(records, true);
        Collections.sort(records, (a, b) -> Long.compare(a.epoch(), b.epoch()));
        assertThat(onChain(records, true)).isEqualTo(shuffled);
    }

    private static List<Digest> onChain(List<EpochRecord> records, boolean settleEachTime) {
        KnownLinks links = new KnownLinks();
        for (EpochRecord record : records) {
            links.add(record);
            if (settleEachTime) {
                links.settle();
            }
        }
        links.settle();
        return links.counting();
    }

    private EpochRecord add(@Nullable EpochRecord parent, String fork, long samples) {
        EpochRecord record = swarm.commit(parent, fork, new Share("ada", samples));
        links.add(record);
        return record;
    }
}
