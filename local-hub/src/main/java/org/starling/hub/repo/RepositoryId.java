package org.starling.hub.repo;

import org.starling.hub.web.HubException;

/**
 * The name of a repository.
 *
 * @param type what it holds
 * @param namespace the user or organization that owns it
 * @param name its name there
 */
record RepositoryId(RepositoryType type, String namespace, String name) {

    RepositoryId {
        check(namespace);
        check(name);
    }

    /** {@code namespace/name}. */
    String path() {
        return namespace + "/" + name;
    }

    /** The path under the hub's address, without a slash before it. */
    String webPath() {
        return type.webPrefix() + path();
    }

    private static void check(String part) {
        if (!part.matches("[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
                || part.contains("..")
                || part.contains("--")
                || part.endsWith(".git")) {
            throw HubException.badRequest("Repo id must use alphanumeric chars or '-', '_', '.'; '--' and '..' are"
                    + " forbidden; '-' and '.' cannot start or end the name; max length is 96: '" + part + "'");
        }
    }
}
