package org.starling.swarm.node;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.node.NodeStatus.Phase;
import org.starling.swarm.runtime.Scheduler;

/** What a peer is doing, why, and where it stands. Confined to the protocol thread. */
final class Situation {
    private final Scheduler clock;
    private final Runnable onChange;
    private Phase phase = Phase.STARTING;
    private String explanation = "It has not started.";
    private String setback = "";
    private @Nullable Position genesis;
    private @Nullable Position position;
    private boolean newcomer = true;
    private long notBeforeNanos;
    private long arrivedNanos;
    private long steppedNanos;

    /** @param onChange told when something has begun or ended of which others of this process should hear at once */
    Situation(Scheduler clock, Runnable onChange) {
        this.clock = clock;
        this.onChange = onChange;
    }

    Phase phase() {
        return phase;
    }

    void enter(Phase next) {
        phase = next;
    }

    /** Goes on accumulating, and decides nothing for a while. */
    void pause(Duration time) {
        if (phase != Phase.STOPPED) {
            phase = Phase.ACCUMULATING;
            notBeforeNanos = clock.nanoTime() + time.toNanos();
        }
        // what ends after the peer has stopped may have lost samples
        onChange.run();
    }

    /** Whether nothing is under way that has to end first. */
    boolean mayDecide() {
        return (phase == Phase.STARTING || phase == Phase.ACCUMULATING) && clock.nanoTime() >= notBeforeNanos;
    }

    /** What the peer does or waits for, and why its last gradient did not count, if it did not. */
    String explanation() {
        return setback.isEmpty() || setback.equals(explanation) ? explanation : explanation + " " + setback;
    }

    /** What the peer does or waits for, in a sentence for people; part of the next status. */
    void explain(String sentence) {
        explanation = sentence;
    }

    /** Explains why a round ended without this peer's gradient; said until one ends with it. */
    void explainSetback(String sentence) {
        explanation = sentence;
        setback = sentence;
    }

    void forgetSetback() {
        setback = "";
    }

    void refreshStatus() {
        onChange.run();
    }

    /** Where everybody begins who has the same initial state; empty before that is known, or without a replica. */
    Optional<Position> genesis() {
        return Optional.ofNullable(genesis);
    }

    void beginAt(Position origin) {
        genesis = origin;
        moveTo(origin);
    }

    /** Where the replica stands; empty before that is known, or without a replica. */
    Optional<Position> position() {
        return Optional.ofNullable(position);
    }

    boolean isAt(Position place) {
        return place.equals(position);
    }

    /** Goes to a state that others have made. */
    void moveTo(Position target) {
        position = target;
        arrivedNanos = clock.nanoTime();
    }

    /** Goes to a state that this peer has computed itself. */
    void stepTo(Position target) {
        moveTo(target);
        steppedNanos = arrivedNanos;
    }

    /** When this peer has come to where it stands. */
    long arrivedNanos() {
        return arrivedNanos;
    }

    /** When this peer has last computed its state itself. */
    long steppedNanos() {
        return steppedNanos;
    }

    /** Whether this peer stands where it stands for want of anything better. */
    boolean isNewcomer() {
        return newcomer;
    }

    void setNewcomer(boolean value) {
        newcomer = value;
    }
}
