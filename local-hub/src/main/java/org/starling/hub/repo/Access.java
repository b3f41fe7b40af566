package org.starling.hub.repo;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.starling.hub.account.Principal;
import org.starling.hub.oauth.Credentials;
import org.starling.hub.repo.Repositories.Repository;
import org.starling.hub.web.HubException;

/** Who may see and change which repository, and how the Hub says no. */
@Component
final class Access {

    private final Credentials credentials;
    private final Repositories repositories;

    Access(Credentials credentials, Repositories repositories) {
        this.credentials = credentials;
        this.repositories = repositories;
    }

    /** The repository if the caller may read it; a private one is as good as missing to others. */
    Repository read(HttpServletRequest request, RepositoryId id) {
        Optional<Principal> principal = credentials.find(request);
        return repositories
                .find(id)
                .filter(found -> !found.isPrivate()
                        || principal
                                .filter(each -> each.mayRead(id.namespace()))
                                .isPresent())
                .orElseThrow(() -> new HubException(
                        principal.isPresent() ? HttpStatus.NOT_FOUND : HttpStatus.UNAUTHORIZED,
                        "RepoNotFound",
                        principal.isPresent() ? "Repository not found" : "Invalid username or password."));
    }

    /** The commit of a revision that the caller may read. */
    Commit read(HttpServletRequest request, RepositoryId id, String revision) {
        read(request, id);
        return repositories
                .find(id, revision)
                .orElseThrow(() ->
                        new HubException(HttpStatus.NOT_FOUND, "RevisionNotFound", "Invalid rev id: " + revision));
    }

    /** The caller, who may change repositories of the namespace. */
    Principal write(HttpServletRequest request, String namespace) {
        Principal principal = credentials.require(request);
        if (!principal.mayWrite(namespace)) {
            throw new HubException(
                    HttpStatus.FORBIDDEN,
                    "Forbidden: you don't have the right to write under the namespace \"" + namespace
                            + "\", or the token lacks it.");
        }
        return principal;
    }

    /** The caller, who may change this repository, which is there. */
    Principal write(HttpServletRequest request, RepositoryId id) {
        read(request, id);
        return write(request, id.namespace());
    }
}
