package org.starling.metrics.chain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
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
    private final Chain chain = new Chain();

    @Test
    void theHeavierForkCountsAndTheLighterOneLeaves() {
        EpochRecord first = add(null, "", 10);
        EpochRecord light = add(first, " light", 10);
        assertThat(chain.settle().joined()).containsExactlyInAnyOrder(first.id(), light.id());

        EpochRecord heavy = add(first, " heavy", 11);
        Chain.Change change = chain.settle();

        assertThat(change.joined()).containsExactly(heavy.id());
        assertThat(change.left()).containsExactly(light.id());
        assertThat(chain.head()).map(Link::id).contains(heavy.id());
    }

    @Test
    void aRollbackUndoesWhatCameAfterItsStateAtOnce() {
        EpochRecord first = add(null, "", 10);
        EpochRecord second = add(first, "", 10);
        EpochRecord third = add(second, "", 10);
        chain.settle();

        var order = swarm.rollBack(1, first);
        chain.rollback(order.generation(), order.state());

        assertThat(chain.settle().left()).containsExactlyInAnyOrder(second.id(), third.id());
        assertThat(chain.head()).map(Link::id).contains(first.id());

        EpochRecord again = swarm.commitAfterRollback(new Share("ada", 3));
        chain.add(Link.of(again));
        assertThat(chain.settle()).isEqualTo(new Chain.Change(Set.of(again.id()), Set.of()));
        assertThat(chain.missing()).isEmpty();
    }

    @Test
    void namesTheRecordThatIsMissing() {
        EpochRecord first = swarm.commit(null, "", new Share("ada", 10));
        EpochRecord second = swarm.commit(first, "", new Share("ada", 10));
        EpochRecord third = add(second, "", 10);
        chain.settle();
        assertThat(chain.missing()).contains(second.id());

        chain.add(Link.of(second));
        chain.add(Link.of(first));
        assertThat(chain.settle().joined()).containsExactlyInAnyOrder(first.id(), second.id());
        assertThat(chain.missing()).isEmpty();
        assertThat(chain.head()).map(Link::id).contains(third.id());
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
        Set<Digest> shuffled = onChain(records, true);
        Collections.sort(records, (a, b) -> Long.compare(a.epoch(), b.epoch()));
        assertThat(onChain(records, true)).isEqualTo(shuffled);
    }

    private static Set<Digest> onChain(List<EpochRecord> records, boolean settleEachTime) {
        Chain chain = new Chain();
        Set<Digest> current = new HashSet<>();
        for (EpochRecord record : records) {
            chain.add(Link.of(record));
            if (settleEachTime) {
                apply(chain.settle(), current);
            }
        }
        apply(chain.settle(), current);
        return current;
    }

    private static void apply(Chain.Change change, Set<Digest> current) {
        assertThat(current.containsAll(change.left())).isTrue();
        assertThat(Collections.disjoint(current, change.joined())).isTrue();
        current.removeAll(change.left());
        current.addAll(change.joined());
    }

    private EpochRecord add(@Nullable EpochRecord parent, String fork, long samples) {
        EpochRecord record = swarm.commit(parent, fork, new Share("ada", samples));
        chain.add(Link.of(record));
        return record;
    }
}
