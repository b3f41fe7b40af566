package org.starling.auth.hub;

import java.io.Serializable;

/**
 * A person, as the hub knows them.
 *
 * @param id stable
 * @param name may change
 */
public record HubAccount(String id, String name) implements Serializable {}
