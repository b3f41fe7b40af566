package org.starling.checkpoint;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How checkpoints are kept.
 *
 * @param folder where they are written, one folder each
 * @param everyEpochs epochs from one checkpoint to the next
 * @param keep how many of the newest stay on disk, besides those that a rollback has led to
 * @param patience how long a state that no peer has (any more) is asked for before the next one is tried
 * @param downloadTimeout how long the download of a state may take that peers have
 * @param shutdownPatience the same when the service stops; zero takes no checkpoint then
 * @param hubUrl address of the Hub; nothing is uploaded without it
 * @param hubRepo {@code organisation/name} of the model repository; the run's name when absent
 * @param hubToken access token with write access to that repository
 * @param hubPrivate whether the repository is created as a private one
 * @param hubRetryAfter how long after a failed upload it is tried again, unless a newer checkpoint comes first
 */
@ConfigurationProperties("starling.checkpoint")
public record CheckpointProperties(
        @DefaultValue(".starling/checkpoints") Path folder,
        @DefaultValue("10") int everyEpochs,
        @DefaultValue("5") int keep,
        @DefaultValue("3s") Duration patience,
        @DefaultValue("10m") Duration downloadTimeout,
        @DefaultValue("2s") Duration shutdownPatience,
        @Nullable URI hubUrl,
        @Nullable String hubRepo,
        @Nullable String hubToken,
        @DefaultValue("false") boolean hubPrivate,
        @DefaultValue("1m") Duration hubRetryAfter) {

    public CheckpointProperties {
        folder = folder.toAbsolutePath().normalize();
        hubUrl = hubUrl == null || hubUrl.toString().isBlank() ? null : hubUrl;
        hubRepo = hubRepo == null || hubRepo.isBlank() ? null : hubRepo;
        require(everyEpochs >= 1, "every-epochs must be at least 1, not " + everyEpochs);
        require(keep >= 1, "keep must be at least 1, not " + keep);
        require(
                hubUrl == null || "http".equals(hubUrl.getScheme()) || "https".equals(hubUrl.getScheme()),
                "hub-url must be an http or https address such as https://huggingface.co, not " + hubUrl);
        require(
                hubUrl == null || (hubToken != null && !hubToken.isBlank()),
                "hub-token is needed to upload to " + hubUrl + "; set it, or leave hub-url empty to upload nothing");
        require(
                hubRepo == null || hubRepo.matches("[A-Za-z0-9._-]{1,96}/[A-Za-z0-9._-]{1,96}"),
                "hub-repo must be organisation/name, not '" + hubRepo + "'");
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException("starling.checkpoint." + message);
        }
    }
}
