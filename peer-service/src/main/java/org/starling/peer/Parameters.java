package org.starling.peer;

/**
 * The model's parameters after some optimizer step. Nobody changes the values: threads pass them on without a lock.
 *
 * @param step optimizer steps taken
 * @param values {@code float[n]} in the task's layout
 */
record Parameters(long step, float[] values) {}
