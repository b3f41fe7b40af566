package org.starling.hub.repo;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.starling.hub.account.Accounts;
import org.starling.hub.repo.Commit.FileEntry;
import org.starling.hub.web.Page;

/** Plain pages: what is on this hub, and the files and commits of a repository. */
@RestController
final class PageController {

    private static final int COMMITS_SHOWN = 50;

    private final Repositories repositories;
    private final Access access;
    private final Accounts accounts;

    PageController(Repositories repositories, Access access, Accounts accounts) {
        this.repositories = repositories;
        this.access = access;
        this.accounts = accounts;
    }

    @GetMapping(path = "/", produces = MediaType.TEXT_HTML_VALUE)
    String index() {
        String rows = repositories.all().stream()
                .filter(id ->
                        repositories.find(id).filter(each -> !each.isPrivate()).isPresent())
                .map(id -> row(link(id.webPath(), id.path()), id.type().singular()))
                .collect(Collectors.joining());
        String people = accounts.accounts().stream()
                .map(account -> row(
                        Page.escape(account.name()),
                        Page.escape(String.join(", ", account.orgs().keySet()))))
                .collect(Collectors.joining());
        return Page.of(
                "Local hub",
                "<h2>Repositories</h2>%s<h2>Accounts</h2>%s"
                        .formatted(table(rows, "No repository yet."), table(people, "No account is configured.")));
    }

    @GetMapping(
            path = {"/{namespace}/{name}", "/{type:datasets|spaces}/{namespace}/{name}"},
            produces = MediaType.TEXT_HTML_VALUE)
    String repository(
            HttpServletRequest request,
            @PathVariable(name = "type", required = false) @Nullable String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name) {
        RepositoryId id = new RepositoryId(RepositoryType.ofPlural(type), namespace, name);
        Commit head = access.read(request, id, Repositories.MAIN);
        return page(id, head);
    }

    @GetMapping(
            path = {
                "/{namespace}/{name}/commit/{revision}",
                "/{namespace}/{name}/tree/{revision}",
                "/{type:datasets|spaces}/{namespace}/{name}/commit/{revision}",
                "/{type:datasets|spaces}/{namespace}/{name}/tree/{revision}"
            },
            produces = MediaType.TEXT_HTML_VALUE)
    String revision(
            HttpServletRequest request,
            @PathVariable(name = "type", required = false) @Nullable String type,
            @PathVariable("namespace") String namespace,
            @PathVariable("name") String name,
            @PathVariable("revision") String revision) {
        RepositoryId id = new RepositoryId(RepositoryType.ofPlural(type), namespace, name);
        return page(id, access.read(request, id, revision));
    }

    private String page(RepositoryId id, Commit commit) {
        String files =
                commit.files().stream().map(file -> fileRow(id, commit, file)).collect(Collectors.joining());
        List<Commit> history = repositories.history(id);
        String commits = history.stream()
                .limit(COMMITS_SHOWN)
                .map(each -> "<tr><td>%s</td><td>%s</td><td>%s</td><td><code>%s</code></td></tr>"
                        .formatted(
                                Page.escape(each.title()),
                                Page.escape(each.author()),
                                each.date(),
                                link(
                                        id.webPath() + "/commit/" + each.id(),
                                        each.id().substring(0, 8))))
                .collect(Collectors.joining());
        return Page.of(
                id.path(),
                "<p>%s, at commit <code>%s</code></p><h2>Files</h2>%s<h2>Commits (%d)</h2>%s"
                        .formatted(
                                id.type().singular(),
                                commit.id(),
                                table(files, "No files."),
                                history.size(),
                                table(commits, "None.")));
    }

    private static String fileRow(RepositoryId id, Commit commit, FileEntry file) {
        return "<tr><td>%s</td><td class=\"n\">%,d bytes</td><td>%s</td></tr>"
                .formatted(
                        link(id.webPath() + "/resolve/" + commit.id() + "/" + file.path(), file.path()),
                        file.size(),
                        file.lfs() == null ? "" : "LFS");
    }

    private static String table(String rows, String otherwise) {
        return rows.isEmpty() ? "<p>" + otherwise + "</p>" : "<table>" + rows + "</table>";
    }

    private static String row(String first, String second) {
        return "<tr><td>" + first + "</td><td>" + second + "</td></tr>";
    }

    private static String link(String path, String text) {
        return "<a href=\"/" + Page.escape(path) + "\">" + Page.escape(text) + "</a>";
    }
}
