package org.starling.peer;

/**
 * Parameters, and where in the run they come from.
 *
 * @param samples of all peers that were committed to reach them
 */
record Model(long generation, long epoch, long samples, Parameters parameters) {}
