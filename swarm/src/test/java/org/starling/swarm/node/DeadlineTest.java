package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.testing.VirtualSwarm;

class DeadlineTest {
    private final Map<Deadline, List<Double>> used = new EnumMap<>(Deadline.class);

    @Test
    void howCloseEachDeadlineWasIsTold() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50 + 10 * i);
        }
        swarm.peers.get(1).node.addListener(new NodeListener() {
            @Override
            public void deadlineUsed(Deadline deadline, Duration took, Duration allowed) {
                used.computeIfAbsent(deadline, d -> new ArrayList<>()).add((double) took.toNanos() / allowed.toNanos());
            }
        });

        assertThat(swarm.runToEpoch(3, Duration.ofMinutes(1))).isTrue();

        assertThat(used).containsOnlyKeys(Deadline.values());
        // there and back takes ten milliseconds, and six seconds are allowed
        assertThat(used.get(Deadline.PART))
                .allSatisfy(share -> assertThat(share).isBetween(10.0 / 6000, 0.2));
        assertThat(used.get(Deadline.MEETING)).hasSizeGreaterThanOrEqualTo(3);
        assertThat(used.get(Deadline.ROUND))
                .allSatisfy(share -> assertThat(share).isBetween(10.0 / 30_000, 0.2));
    }

    @Test
    void aDeadlineThatHasPassedIsToldToo() {
        VirtualSwarm swarm = new VirtualSwarm("none", 300);
        for (int i = 0; i < 3; i++) {
            swarm.addTrainer("account" + i, 50 + 10 * i);
        }
        assertThat(swarm.runToEpoch(2, Duration.ofMinutes(1))).isTrue();
        swarm.peers.get(0).node.addListener(new NodeListener() {
            @Override
            public void deadlineUsed(Deadline deadline, Duration took, Duration allowed) {
                used.computeIfAbsent(deadline, d -> new ArrayList<>()).add((double) took.toNanos() / allowed.toNanos());
            }
        });
        swarm.network.inject((from, to, method, request) ->
                method.getFullMethodName().endsWith("/ExchangePart") && to.equals(swarm.peers.get(2).address)
                        ? null
                        : request);

        swarm.time.run(Duration.ofSeconds(30));

        assertThat(used.get(Deadline.PART))
                .anySatisfy(share -> assertThat(share).isGreaterThanOrEqualTo(1));
    }
}
