package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;

class VoteCountTest {
    private static final Digest A = Digest.of(Hashes.sha256("a".getBytes()));
    private static final Digest B = Digest.of(Hashes.sha256("b".getBytes()));

    @Test
    void aQuorumForOneResultCommitsIt() {
        assertThat(VoteCount.decide(3, 2, Map.of(0, A, 2, A), new BitSet())).contains(new VoteCount.Decision.Commit(A));
        assertThat(VoteCount.decide(4, 3, Map.of(0, A, 1, B, 2, A, 3, A), new BitSet()))
                .contains(new VoteCount.Decision.Commit(A));
    }

    @Test
    void itStaysOpenWhileAQuorumIsPossible() {
        assertThat(VoteCount.decide(3, 2, Map.of(0, A, 1, B), new BitSet())).isEmpty();
        assertThat(VoteCount.decide(3, 2, Map.of(), new BitSet())).isEmpty();
    }

    @Test
    void itIsVoidOnceNoneIs() {
        BitSet gone = new BitSet();
        gone.set(2);
        assertThat(VoteCount.decide(3, 2, Map.of(0, A, 1, B), gone)).get().isInstanceOf(VoteCount.Decision.Void.class);
        assertThat(VoteCount.decide(2, 2, Map.of(0, A, 1, B), new BitSet()))
                .get()
                .isInstanceOf(VoteCount.Decision.Void.class);
    }
}
