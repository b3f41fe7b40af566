package org.starling.swarm.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.averaging.Deadline;
import org.starling.swarm.averaging.Deadlines;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.Ledger;
import org.starling.swarm.runtime.BoundedMaps;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.wire.Credentials;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.SwarmGrpc;

/**
 * How a record gets its quorum of signatures: each member hands its own to its first teller, who hands on what it has
 * gathered to the one before it. Whoever has a quorum first announces the record to everybody, once. A member for whom the
 * record is not final in good time goes on to the next teller, so that no dead teller keeps it from being final, and after the last
 * begins again, so that no lost call does. Confined to the protocol thread.
 */
final class RecordSigning {
    private static final Logger log = LoggerFactory.getLogger(RecordSigning.class);
    private static final Duration BUNDLE_DELAY = Duration.ofMillis(100);
    private static final int REMEMBERED = 4;

    /** How often each teller is told at most. */
    private static final int TURNS = 3;

    private final Credentials credentials;
    private final Ledger ledger;
    private final Transport transport;
    private final Scheduler scheduler;
    private final Supplier<Duration> patience;
    private final Deadlines deadlines;
    private final Acceptor acceptor;
    private final Map<Digest, Gathering> gatherings = BoundedMaps.ofNewest(REMEMBERED);

    /** Takes signatures into the ledger, and announces a record that has become final. */
    interface Acceptor {
        /**
         * @param own whether this peer has signed the record, or gathers its signatures
         * @throws IllegalArgumentException if the record is malformed
         */
        void accept(EpochRecordMessage message, boolean own);
    }

    /** The signatures of one record on their way through this peer. */
    private static final class Gathering {
        final EpochRecord record;
        final EpochRecordMessage own;
        final List<Endpoint> tellers;
        /** Tellers to whom it has been handed before the one now, counting each turn; none yet, if negative. */
        int step = -1;

        final List<Deadlines.Wait> waits = new ArrayList<>();
        boolean handingOn;

        Gathering(EpochRecord record, EpochRecordMessage own, List<Endpoint> tellers) {
            this.record = record;
            this.own = own;
            this.tellers = tellers;
        }

        /** To whom it is handed now; nobody is left after the last turn. */
        Optional<Endpoint> teller() {
            return step < 0 || step >= TURNS * tellers.size()
                    ? Optional.empty()
                    : Optional.of(tellers.get(step % tellers.size()));
        }
    }

    /** @param patience after which the next teller is asked */
    RecordSigning(
            Credentials credentials,
            Ledger ledger,
            Transport transport,
            Scheduler scheduler,
            Supplier<Duration> patience,
            Deadlines deadlines,
            Acceptor acceptor) {
        this.credentials = credentials;
        this.ledger = ledger;
        this.transport = transport;
        this.scheduler = scheduler;
        this.patience = patience;
        this.deadlines = deadlines;
        this.acceptor = acceptor;
    }

    /** Signs the record of a round in which this peer has stepped, and sees to it that it becomes final. */
    void sign(EpochRecord record, Group group) {
        EpochRecordMessage own = EpochRecords.sign(record, credentials.identity());
        try {
            acceptor.accept(own, true);
        } catch (IllegalArgumentException e) {
            log.warn("This peer cannot sign what it has stepped to: {}", e.getMessage());
            return;
        }
        int self = EpochRecords.indexOf(record, credentials.identity().id());
        Gathering gathering = new Gathering(
                record,
                own,
                group.tellersOf(self).stream()
                        .flatMap(teller -> group.members().get(teller).endpoint().stream())
                        .toList());
        gatherings.put(record.id(), gathering);
        tell(gathering, 0);
    }

    /** Takes in what another member has gathered. The quorum's signatures, if there is one now. */
    EpochRecordMessage receive(EpochRecordMessage message) {
        Digest id = EpochRecord.idOf(message.getBody());
        Gathering gathering = gatherings.get(id);
        acceptor.accept(message, gathering != null);
        if (ledger.isFinal(id)) {
            return ledger.message(id, false).orElseThrow().toBuilder()
                    .clearBody()
                    .build();
        }
        if (ledger.find(id).isEmpty()) {
            throw new RefusalException(
                    Reason.MALFORMED, "None of the signatures is a member's whose token is known here");
        }
        if (gathering != null && !gathering.handingOn) {
            gathering.handingOn = true;
            scheduler.schedule(BUNDLE_DELAY, () -> {
                gathering.handingOn = false;
                handOn(gathering);
            });
        }
        return EpochRecordMessage.getDefaultInstance();
    }

    /** A record is final: its signatures are there. */
    void becameFinal(Digest record) {
        Gathering gathering = gatherings.get(record);
        if (gathering != null) {
            gathering.waits.forEach(Deadlines.Wait::end);
        }
    }

    /** Lets go of what is not final yet. */
    void stop() {
        gatherings.clear();
    }

    private boolean isOver(Gathering gathering) {
        return gatherings.get(gathering.record.id()) != gathering || ledger.isFinal(gathering.record.id());
    }

    /** Turns to the teller of this step, unless that has been done. */
    private void tell(Gathering gathering, int step) {
        if (isOver(gathering) || gathering.step >= step) {
            return;
        }
        gathering.step = step;
        if (gathering.teller().isPresent()) {
            handOn(gathering);
            Deadlines.Wait wait = deadlines.begin(Deadline.SIGNATURES, patience.get());
            gathering.waits.add(wait);
            scheduler.schedule(wait.allowed(), () -> {
                wait.end();
                tell(gathering, step + 1);
            });
        }
    }

    private void handOn(Gathering gathering) {
        Optional<Endpoint> teller = gathering.teller();
        if (isOver(gathering) || teller.isEmpty()) {
            return;
        }
        int step = gathering.step;
        transport
                .call(
                        teller.get(),
                        SwarmGrpc.getSignRecordMethod(),
                        // the ledger takes no signature, not even one's own, with a token that has expired meanwhile
                        ledger.message(gathering.record.id(), true).orElse(gathering.own),
                        patience.get())
                .whenComplete(scheduler.guarded((reply, failure) -> {
                    if (failure != null) {
                        log.debug(
                                "{} does not gather signatures of {}: {}",
                                teller.get(),
                                gathering.record,
                                failure.getMessage());
                        tell(gathering, step + 1);
                    } else if (reply.getSignaturesCount() > 0) {
                        takeQuorum(gathering, teller.get(), reply);
                    }
                }));
    }

    /** Takes in what a teller has gathered; if that is no quorum, the next teller is asked when it is time. */
    private void takeQuorum(Gathering gathering, Endpoint teller, EpochRecordMessage reply) {
        try {
            acceptor.accept(reply.toBuilder().setBody(gathering.record.bytes()).build(), true);
        } catch (IllegalArgumentException e) {
            log.info("{} has answered with no signatures of {}: {}", teller, gathering.record, e.getMessage());
        }
    }
}
