package org.starling.swarm.orders;

import java.time.Instant;
import java.util.Locale;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.run.LiveSettings;

/** A statement of the authority about one run. Numbers rise by one; a peer obeys them in order. */
public sealed interface Order {
    /** {@code organisation/name} of the run that the order is for. */
    String run();

    /** Counts the orders of the run from 1. */
    long number();

    Instant issuedAt();

    /** The kind in one lower-case word, for people and for lists. */
    default String kind() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /**
     * Takes the swarm back: every peer loads the state and a new generation begins with it.
     *
     * @param generation the generation that begins, greater than any before it
     * @param state the state to load
     */
    record Rollback(String run, long number, Instant issuedAt, long generation, StateReference state)
            implements Order {}

    /** Whom a ban is about. */
    sealed interface Subject {
        /** An account, with all its peers, those to come included. */
        record Account(String id) implements Subject {}

        record Peer(PeerId id) implements Subject {}
    }

    /**
     * Shuts somebody out: nobody talks to the subject or takes in what it says. Of the orders about one subject the one with
     * the greatest number counts, in whatever order they arrive.
     *
     * @param reason for people, also for the banned
     */
    record Ban(String run, long number, Instant issuedAt, Subject subject, String reason) implements Order {}

    /** Takes back the ban of exactly this subject. */
    record Unban(String run, long number, Instant issuedAt, Subject subject, String reason) implements Order {}

    /**
     * No round begins any more; one that is under way ends as it would have. Of the orders to pause and to resume the one with
     * the greatest number counts.
     *
     * @param reason for people
     */
    record Pause(String run, long number, Instant issuedAt, String reason) implements Order {}

    /** Rounds begin again. */
    record Resume(String run, long number, Instant issuedAt, String reason) implements Order {}

    /** From now on these settings count. The order with the greatest number counts. */
    record Change(String run, long number, Instant issuedAt, LiveSettings settings) implements Order {}

    /**
     * The authority signs with one more key. Signed by one that was trusted before, so that nobody has to ask for the new one.
     *
     * @param jwk the public key, as {@link AuthorityKey#publicJwk} writes it
     */
    record Trust(String run, long number, Instant issuedAt, String jwk) implements Order {}

    /** Nothing that a key of the authority has signed counts any more, whenever it was: somebody else may hold it. */
    record Distrust(String run, long number, Instant issuedAt, String keyId, String reason) implements Order {}
}
