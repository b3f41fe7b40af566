package org.starling.hub.account;

import java.util.Set;

/** Whom a request's token stands for. */
public sealed interface Principal {

    /** Name of the user or organization. */
    String name();

    /** Whether private repositories of a namespace are visible. */
    boolean mayRead(String namespace);

    /** Whether repositories of a namespace may be made and changed. */
    boolean mayWrite(String namespace);

    /** A person by a user access token. */
    record User(Account account, boolean writeToken, String token) implements Principal {
        @Override
        public String name() {
            return account.name();
        }

        @Override
        public boolean mayRead(String namespace) {
            return belongs(account, namespace);
        }

        @Override
        public boolean mayWrite(String namespace) {
            return writeToken && writes(account, namespace);
        }
    }

    /** A person by the access token of an OAuth application. */
    record OAuthUser(Account account, Set<String> scopes, String clientId) implements Principal {
        @Override
        public String name() {
            return account.name();
        }

        @Override
        public boolean mayRead(String namespace) {
            return scopes.stream().anyMatch(Set.of("read-repos", "write-repos", "manage-repos")::contains)
                    && belongs(account, namespace);
        }

        @Override
        public boolean mayWrite(String namespace) {
            return scopes.stream().anyMatch(Set.of("contribute-repos", "write-repos", "manage-repos")::contains)
                    && writes(account, namespace);
        }
    }

    /** An organization by its own token. */
    record Org(Organization organization) implements Principal {
        @Override
        public String name() {
            return organization.name();
        }

        @Override
        public boolean mayRead(String namespace) {
            return organization.name().equals(namespace);
        }

        @Override
        public boolean mayWrite(String namespace) {
            return false;
        }
    }

    /** An application by its own token; it has no repositories. */
    record App(String name) implements Principal {
        @Override
        public boolean mayRead(String namespace) {
            return false;
        }

        @Override
        public boolean mayWrite(String namespace) {
            return false;
        }
    }

    private static boolean belongs(Account account, String namespace) {
        return account.name().equals(namespace)
                || !account.orgs().getOrDefault(namespace, "no_access").equals("no_access");
    }

    private static boolean writes(Account account, String namespace) {
        return account.name().equals(namespace)
                || Set.of("admin", "write", "contributor")
                        .contains(account.orgs().getOrDefault(namespace, "no_access"));
    }
}
