package org.starling.hub.repo;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One state of a repository.
 *
 * @param id 40 hexadecimal digits
 * @param parent the commit before it, or null for the first
 * @param title summary line
 * @param description further text, may be empty
 * @param author who made it
 * @param date when
 * @param files all files, ordered by path
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Commit(
        String id,
        @Nullable String parent,
        String title,
        String description,
        String author,
        Instant date,
        List<FileEntry> files) {

    /**
     * A file.
     *
     * @param path path in the repository
     * @param oid git blob id: of the content, or of the pointer for LFS
     * @param size bytes of the content
     * @param lfs SHA-256 of the content when it is kept in LFS, or null
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record FileEntry(
            String path, String oid, long size, @Nullable String lfs) {

        /** SHA-256 for LFS, git blob id otherwise. */
        String etag() {
            return lfs == null ? oid : lfs;
        }
    }

    Optional<FileEntry> file(String path) {
        return files.stream().filter(each -> each.path().equals(path)).findFirst();
    }
}
