package org.starling.hub.account;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A person.
 *
 * @param id stable key, 24 hexadecimal digits
 * @param name user name and namespace
 * @param fullName name to show
 * @param email mail address, if any
 * @param orgs role by organization name
 */
public record Account(
        String id, String name, String fullName, @Nullable String email, Map<String, String> orgs) {}
