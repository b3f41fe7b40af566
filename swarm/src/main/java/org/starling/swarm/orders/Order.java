package org.starling.swarm.orders;

import java.time.Instant;
import java.util.Locale;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.ledger.StateReference;

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
}
