package org.starling.swarm.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starling.swarm.virtual.VirtualTime;

class SchedulerTest {
    @Test
    void aDefectInWhatFollowsAFutureFailsATask() {
        VirtualTime time = new VirtualTime();
        Scheduler scheduler = time.scheduler();
        CompletableFuture<String> future = new CompletableFuture<>();
        future.whenComplete(scheduler.guarded((value, failure) -> {
            throw new IllegalStateException("a defect");
        }));

        future.complete("done");

        assertThatThrownBy(() -> time.run(Duration.ofSeconds(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a defect");
    }

    @Test
    void aContinuationThatIsGuardedHearsHowTheFutureEnded() {
        Scheduler scheduler = new VirtualTime().scheduler();
        List<Object> heard = new ArrayList<>();
        IllegalStateException problem = new IllegalStateException("no answer");

        CompletableFuture.completedFuture("done").whenComplete(scheduler.guarded((value, failure) -> heard.add(value)));
        CompletableFuture.failedFuture(problem).whenComplete(scheduler.guarded((value, failure) -> heard.add(failure)));

        assertThat(heard).containsExactly("done", problem);
    }
}
