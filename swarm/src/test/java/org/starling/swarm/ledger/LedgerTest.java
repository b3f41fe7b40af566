package org.starling.swarm.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.wire.proto.EpochRecordBody;
import org.starling.swarm.wire.proto.EpochRecordMessage;

class LedgerTest {
    private final RecordForge forge = new RecordForge();
    private final Ledger ledger = new Ledger(
            new TestAuthority("test/run").verifier(InstantSource.system()),
            members -> 0,
            () -> new SampleLimits(1000, 1000),
            peer -> Optional.empty(),
            InstantSource.system());

    /** Records of a thousand members: one of them fills a message. Peers that were told the oldest never heard of the others. */
    @Test
    void ofRecordsThatDoNotFitTheNewestAreToldOldestFirst() {
        List<EpochRecord> chain = chain(5);
        List<EpochRecord> lacking = ledger.chainAfter(0, chain.get(0).id(), 64);
        int each = ledger.messages(lacking, 1).get(0).getSerializedSize();

        assertThat(lacking).containsExactly(chain.get(4), chain.get(3), chain.get(2), chain.get(1));
        assertThat(told(lacking, 5 * each)).isEqualTo(ids(chain.subList(1, 5)));
        assertThat(told(lacking, 2 * each + each / 2)).isEqualTo(ids(chain.subList(3, 5)));
        assertThat(told(lacking, 1)).isEqualTo(ids(chain.subList(4, 5)));
    }

    @Test
    void whoStandsElsewhereHearsOfTheWholeChainUpToTheLimit() {
        List<EpochRecord> chain = chain(5);

        assertThat(ledger.chainAfter(0, Digest.ZERO, 3)).containsExactly(chain.get(4), chain.get(3), chain.get(2));
        assertThat(ledger.chainAfter(0, chain.get(4).id(), 3)).isEmpty();
    }

    @Test
    void whoIsAheadLacksNothing() {
        List<EpochRecord> chain = chain(5);
        ledger.follow(0, chain.get(1).id());

        assertThat(ledger.chainAfter(0, chain.get(4).id(), 64)).isEmpty();
    }

    @Test
    void whoStandsOnAForkLacksWhatComesAfterIt() {
        List<EpochRecord> chain = chain(5);
        EpochRecord fork = forge.after(chain.get(1), Duration.ofSeconds(10))
                .with("carl", 3)
                .commit();
        EpochRecord ahead =
                forge.after(fork, Duration.ofSeconds(100)).with("carl", 3).commit();
        ledger.keep(fork);
        ledger.keep(ahead);

        assertThat(ledger.chainAfter(0, ahead.id(), 64)).containsExactly(chain.get(4), chain.get(3), chain.get(2));
        ledger.follow(0, fork.id());
        assertThat(ledger.chainAfter(0, chain.get(4).id(), 64)).containsExactly(fork);
    }

    @Test
    void aRejectedRecordIsNotChosenAgainThoughSomebodyHasItsState() {
        List<EpochRecord> chain = chain(2);
        ledger.reject(chain.get(1).id());
        ledger.setAside(List.of(chain.get(1).id()));
        ledger.restore(record -> true);

        assertThat(ledger.eligible(0)).containsExactly(chain.get(0));
    }

    private List<EpochRecord> chain(int length) {
        List<EpochRecord> chain = new ArrayList<>();
        @Nullable EpochRecord last = null;
        for (int i = 0; i < length; i++) {
            last = forge.after(last, Duration.ofSeconds(10))
                    .with("anna", 7)
                    .with("bela", 5)
                    .commit();
            ledger.keep(last);
            ledger.follow(0, last.id());
            chain.add(last);
        }
        return chain;
    }

    private List<Digest> told(List<EpochRecord> newestFirst, int maxBytes) {
        return ledger.messages(newestFirst, maxBytes).stream()
                .map(EpochRecordMessage::getBody)
                .map(EpochRecord::idOf)
                .toList();
    }

    private static List<Digest> ids(List<EpochRecord> records) {
        return records.stream().map(EpochRecord::id).toList();
    }

    @Test
    void recordsOfAbsurdSizeOrTimeAreRefused() {
        EpochRecordBody.Builder body =
                EpochRecordBody.newBuilder(parse(forge.adrift(4).with("anna", 7).commit()));
        EpochRecord.of(body.build());

        assertThatThrownBy(() -> EpochRecord.of(
                        body.clone().setStartedAtMillis(Long.MIN_VALUE / 1000).build()))
                .hasMessageContaining("impossible");
        assertThatThrownBy(() -> EpochRecord.of(body.clone()
                        .setGroupId(ByteString.copyFrom(new byte[17]))
                        .build()))
                .hasMessageContaining("impossible");
        assertThatThrownBy(() -> EpochRecord.of(body.clone()
                        .setMembers(0, body.getMembers(0).toBuilder().setAccountName("a".repeat(129)))
                        .build()))
                .hasMessageContaining("malformed member");
    }

    private static EpochRecordBody parse(EpochRecord record) {
        try {
            return EpochRecordBody.parseFrom(record.bytes());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}
