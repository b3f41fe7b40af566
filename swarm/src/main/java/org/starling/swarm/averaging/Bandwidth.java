package org.starling.swarm.averaging;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a peer says of its line, so that it is given its share of the reducing: what its owner has set until the line has been
 * probed, the best of the probes until a round has measured it, then the best of the last rounds. What a round measures is no
 * more than the line can do, and less where others are slow.
 * Confined to the protocol thread.
 */
public final class Bandwidth {
    private static final int REMEMBERED = 8;

    private final double configured;
    private final Deque<Double> measured = new ArrayDeque<>();
    private double probed;

    /** @param configured bytes a second that the peer can send, as far as its owner knows; 0 reduces nothing, whatever is measured */
    public Bandwidth(double configured) {
        this.configured = configured;
    }

    /** So much has gone to another peer that did nothing else. */
    public void probed(double bytesPerSecond) {
        probed = Math.max(probed, bytesPerSecond);
    }

    /** Whether a round has said what the line does. */
    boolean isMeasured() {
        return !measured.isEmpty();
    }

    /** A round has moved as much. */
    public void measured(double bytesPerSecond) {
        if (measured.size() == REMEMBERED) {
            measured.remove();
        }
        measured.add(bytesPerSecond);
    }

    /** Bytes a second. */
    public double bytesPerSecond() {
        return configured == 0
                ? 0
                : measured.stream().mapToDouble(Double::doubleValue).max().orElse(probed > 0 ? probed : configured);
    }
}
