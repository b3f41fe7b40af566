package org.starling.metrics.store;

/**
 * What an account has contributed.
 *
 * @param account stable id
 * @param name for people
 * @param samples credited in epoch records
 * @param epochs it took part in
 */
public record AccountSamples(String account, String name, long samples, long epochs) {}
