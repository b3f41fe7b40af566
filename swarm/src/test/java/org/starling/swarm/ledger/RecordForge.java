package org.starling.swarm.ledger;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;

/** Makes records as tests want them, without signatures. */
public final class RecordForge {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Digest ROOT = digest("root");

    private final Map<Digest, EpochRecord> records = new LinkedHashMap<>();
    private int made;

    /** All that were made, by their id. */
    public Map<Digest, EpochRecord> records() {
        return records;
    }

    public Optional<EpochRecord> find(Digest id) {
        return Optional.ofNullable(records.get(id));
    }

    /** @param parent null for the root, at which all chains begin */
    public Draft after(@Nullable EpochRecord parent, Duration later) {
        EpochRecordBody.Builder body = EpochRecordBody.newBuilder();
        if (parent == null) {
            body.setParent(ROOT.toByteString()).setEpoch(1).setStartedAtMillis(START.toEpochMilli());
        } else {
            body.setParent(parent.id().toByteString())
                    .setEpoch(parent.epoch() + 1)
                    .setStateBefore(parent.stateAfter().toByteString())
                    .setTotalSamples(parent.totalSamples())
                    .setStartedAtMillis(parent.startedAt().plus(later).toEpochMilli());
        }
        return new Draft(body);
    }

    /** A record of whose parent nothing is known. */
    Draft adrift(long epoch) {
        return new Draft(EpochRecordBody.newBuilder()
                .setParent(digest("unknown " + made).toByteString())
                .setEpoch(epoch)
                .setStartedAtMillis(START.toEpochMilli()));
    }

    private static Digest digest(String name) {
        return Digest.of(Hashes.sha256(name.getBytes(StandardCharsets.UTF_8)));
    }

    /** A record that is being made. */
    public final class Draft {
        private final EpochRecordBody.Builder body;

        private Draft(EpochRecordBody.Builder body) {
            this.body = body.setRun("test/run")
                    .setGradientDigest(ROOT.toByteString())
                    .setStateAfter(digest("state " + ++made).toByteString());
            if (body.getStateBefore().isEmpty()) {
                body.setStateBefore(ROOT.toByteString());
            }
        }

        /** Adds a peer of the account; another one each time. */
        public Draft with(String account, long samples) {
            byte[] key = ByteBuffer.allocate(32)
                    .putInt(account.hashCode())
                    .putInt(body.getMembersCount())
                    .array();
            body.addMembers(Contribution.newBuilder()
                            .setPublicKey(ByteString.copyFrom(key))
                            .setAccountId(account)
                            .setAccountName(account)
                            .setSamples(samples))
                    .setTotalSamples(body.getTotalSamples() + samples);
            return this;
        }

        public EpochRecord commit() {
            EpochRecord record = EpochRecord.of(body.build());
            records.put(record.id(), record);
            return record;
        }
    }
}
