package org.starling.swarm.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.membership.PeerDirectory;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.FetchRecordsRequest;
import org.starling.swarm.wire.proto.SwarmGrpc;

/** Fetches records that this peer does not keep (any more). Confined to the protocol thread. */
final class History {
    static final int MAX_RECORDS_AT_ONCE = 64;

    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final String run;
    private final Ledger ledger;
    private final PeerDirectory directory;
    private final Transport transport;

    History(String run, Ledger ledger, PeerDirectory directory, Transport transport) {
        this.run = run;
        this.ledger = ledger;
        this.directory = directory;
        this.transport = transport;
    }

    /** Records from the given one backwards, as far as they are to be had and up to the limit. */
    CompletableFuture<List<EpochRecord>> fetch(Digest from, int limit) {
        CompletableFuture<List<EpochRecord>> result = new CompletableFuture<>();
        extend(from, limit, new ArrayList<>(), result);
        return result;
    }

    private void extend(
            Digest next, int limit, List<EpochRecord> history, CompletableFuture<List<EpochRecord>> result) {
        Digest missing = next;
        for (EpochRecord record : ledger.chainFrom(next, limit - history.size())) {
            history.add(record);
            missing = record.parent();
        }
        List<Endpoint> peers = directory.alive().stream()
                .flatMap(peer -> peer.endpoint().stream())
                .toList();
        ask(peers, 0, missing, limit - history.size(), found -> {
            history.addAll(found);
            if (found.isEmpty() || history.size() >= limit) {
                result.complete(List.copyOf(history));
            } else {
                extend(found.get(found.size() - 1).parent(), limit, history, result);
            }
        });
    }

    private void ask(List<Endpoint> peers, int index, Digest from, int limit, Consumer<List<EpochRecord>> then) {
        if (index >= peers.size() || limit <= 0) {
            then.accept(List.of());
            return;
        }
        transport
                .call(
                        peers.get(index),
                        SwarmGrpc.getFetchRecordsMethod(),
                        FetchRecordsRequest.newBuilder()
                                .setFrom(from.toByteString())
                                .setLimit(Math.min(limit, MAX_RECORDS_AT_ONCE))
                                .build(),
                        DEADLINE)
                .whenComplete((reply, failure) -> {
                    List<EpochRecord> chain = failure == null ? EpochRecords.linked(reply, from, run) : List.of();
                    if (chain.isEmpty()) {
                        ask(peers, index + 1, from, limit, then);
                    } else {
                        then.accept(chain);
                    }
                });
    }
}
