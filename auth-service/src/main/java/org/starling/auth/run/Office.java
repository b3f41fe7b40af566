package org.starling.auth.run;

/** What an account may do in a run beyond taking part. */
public enum Office {
    /** Decides about requests to join. */
    MODERATOR,
    /** Gives orders to the swarm. */
    OPERATOR,
    /** Runs auxiliary peers: dashboards, checkpoints, entry points. */
    AUXILIARY
}
