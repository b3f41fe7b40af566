package org.starling.hub.account;

/**
 * An organization.
 *
 * @param id stable key, 24 hexadecimal digits
 * @param name namespace
 * @param fullName name to show
 */
public record Organization(String id, String name, String fullName) {}
