package org.starling.metrics.store;

/** A picture as it was drawn. */
public record StoredPicture(int number, long generation, long epoch, String prompt, byte[] png) {}
