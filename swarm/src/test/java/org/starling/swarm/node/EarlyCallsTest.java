package org.starling.swarm.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;

class EarlyCallsTest {
    private static final AveragingSettings SETTINGS = AveragingSettings.defaults();
    private static final ByteString GROUP = ByteString.copyFromUtf8("group");

    private final VirtualTime time = new VirtualTime();
    private final EarlyCalls early = new EarlyCalls(() -> SETTINGS, time.scheduler());
    private final PeerId ada = PeerIdentity.create().id();
    private final PeerId eve = PeerIdentity.create().id();

    private CompletableFuture<String> call(PeerId caller, ByteString group, int size) {
        return early.keep(caller, group, size, () -> CompletableFuture.completedFuture("answer"));
    }

    @Test
    void groupsThatAreMadeUpDoNotKeepOthersFromWaiting() {
        for (int i = 0; i < 100; i++) {
            call(eve, ByteString.copyFromUtf8("made up " + i), 100);
        }
        CompletableFuture<String> part = call(ada, GROUP, 100);

        early.begin(GROUP);

        assertThat(part).isCompletedWithValue("answer");
    }

    @Test
    void aCallerHasNoMoreWaitingThanAMemberHasUnderWay() {
        int part = 1 << 20;
        long fitting = 0;
        while (fitting < 1000) {
            try {
                call(eve, GROUP, part);
                fitting++;
            } catch (RefusalException e) {
                assertThat(e.reason()).isEqualTo(Reason.BUSY);
                break;
            }
        }

        assertThat(fitting * part).isBetween(SETTINGS.bytesInFlight(), 3 * SETTINGS.bytesInFlight());
        assertThat(call(ada, GROUP, part)).isNotDone();
        // what belonged to another group makes room
        assertThat(call(eve, ByteString.copyFromUtf8("another"), part)).isNotDone();
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        call(eve, ByteString.copyFromUtf8("another"), 1);
                    }
                })
                .isInstanceOf(RefusalException.class);
    }

    /** The first one's time took all of them away; those that came later waited for nothing. */
    @Test
    void whoseTimeIsOverGoesAloneAndTheOthersAreAnsweredWhenTheGroupBegins() {
        CompletableFuture<String> first = call(ada, GROUP, 100);
        time.run(SETTINGS.partTimeout().minusSeconds(1));
        CompletableFuture<String> second = call(ada, GROUP, 100);
        time.run(Duration.ofSeconds(2));
        assertThat(first).isCompletedExceptionally();

        early.begin(GROUP);

        assertThat(second).isCompletedWithValue("answer");
    }
}
