package org.starling.auth.run;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.Column;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.OrderColumn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starling.auth.account.Account;

/** A run. Its configuration is what its peers begin with and never changes: what may change, orders change. */
@Entity
public class Run {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String name;
    private String description;
    private String configuration;
    private Instant createdAt;

    @ManyToOne
    @JoinColumn(name = "created_by")
    private @Nullable Account createdBy;

    private @Nullable String paused;
    private @Nullable String liveSettings;
    private @Nullable String metrics;
    private @Nullable String checkpoints;

    @ElementCollection(fetch = FetchType.EAGER)
    @CollectionTable(name = "run_entry_point", joinColumns = @JoinColumn(name = "run_id"))
    @OrderColumn(name = "position")
    @Column(name = "address")
    private List<String> entryPoints = new ArrayList<>();

    @ElementCollection(fetch = FetchType.EAGER)
    @CollectionTable(name = "run_official", joinColumns = @JoinColumn(name = "run_id"))
    private Set<Official> officials = new HashSet<>();

    @SuppressWarnings("NullAway") // filled by JPA
    protected Run() {}

    /** @param createdBy null if the service's settings make it */
    Run(String name, String configuration, @Nullable Account createdBy, Instant createdAt) {
        this.createdBy = createdBy;
        this.name = name;
        this.description = "";
        this.configuration = configuration;
        this.createdAt = createdAt;
    }

    /** Follows the service's settings; who was appointed stays. */
    void follow(RunPresence presence, Set<Official> configured) {
        present(presence);
        officials.removeIf(each -> configured.stream().anyMatch(each::isAs) || !each.appointed());
        officials.addAll(configured);
    }

    /** What the presence does not say stays. */
    void present(RunPresence presence) {
        RunPresence all = presence.orElse(presence());
        description = Objects.requireNonNull(all.description());
        metrics = Objects.requireNonNull(all.metrics());
        checkpoints = Objects.requireNonNull(all.checkpoints());
        List<String> addresses = Objects.requireNonNull(all.entryPoints());
        if (!entryPoints.equals(addresses)) {
            entryPoints.clear();
            entryPoints.addAll(addresses);
        }
    }

    /** All that is said of the run. */
    RunPresence presence() {
        return new RunPresence(
                description, entryPoints, metrics == null ? "" : metrics, checkpoints == null ? "" : checkpoints);
    }

    /** Whether that was new. */
    boolean appoint(Office office, Account account) {
        return !hasOffice(account, office) && officials.add(new Official(office, account.hubId(), true));
    }

    /** Takes an office away that was given by {@link #appoint}. Whether it was held so. */
    boolean dismiss(Office office, Account account) {
        return officials.removeIf(each -> each.appointed() && each.is(office, account));
    }

    public void pause(String reason) {
        paused = reason;
    }

    public void resume() {
        paused = null;
    }

    /** @param json as the authority has ordered them */
    public void changeSettings(String json) {
        liveSettings = json;
    }

    public long id() {
        return id;
    }

    /** {@code organisation/name}. */
    public String name() {
        return name;
    }

    public String description() {
        return description;
    }

    /** The run configuration as JSON, as peers read it. */
    public String configuration() {
        return configuration;
    }

    public Instant createdAt() {
        return createdAt;
    }

    /** {@code host:port} of each. */
    public List<String> entryPoints() {
        return List.copyOf(entryPoints);
    }

    /** Address of its metrics service, without a slash at the end; null if it has none. */
    public @Nullable String metrics() {
        return metrics == null || metrics.isEmpty() ? null : metrics;
    }

    /** Address of its checkpoint service, without a slash at the end; null if it has none. */
    public @Nullable String checkpoints() {
        return checkpoints == null || checkpoints.isEmpty() ? null : checkpoints;
    }

    public boolean hasOffice(Account account, Office office) {
        return officials.stream().anyMatch(each -> each.is(office, account));
    }

    Set<Official> officials() {
        return Set.copyOf(officials);
    }

    /** Whether it was made over HTTP, and not by the service's settings. */
    public boolean isFounded() {
        return createdBy != null;
    }

    /** Why it is paused, or null. */
    public @Nullable String paused() {
        return paused;
    }

    /** The settings that were ordered last, JSON, or null as long as those of the configuration count. */
    public @Nullable String liveSettings() {
        return liveSettings;
    }

    public boolean hasAnyOffice(Account account) {
        for (Office office : Office.values()) {
            if (hasOffice(account, office)) {
                return true;
            }
        }
        return false;
    }
}
