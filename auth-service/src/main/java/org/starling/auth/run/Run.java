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
    void follow(String newDescription, List<String> newEntryPoints, Set<Official> configured) {
        describe(newDescription, newEntryPoints);
        officials.removeIf(each -> configured.stream().anyMatch(each::isAs) || !each.appointed());
        officials.addAll(configured);
    }

    void describe(String newDescription, List<String> newEntryPoints) {
        description = newDescription;
        if (!entryPoints.equals(newEntryPoints)) {
            entryPoints.clear();
            entryPoints.addAll(newEntryPoints);
        }
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

    public boolean hasOffice(Account account, Office office) {
        return officials.stream().anyMatch(each -> each.is(office, account));
    }

    Set<Official> officials() {
        return Set.copyOf(officials);
    }

    /** Whether it was made over HTTP, and not by the service's settings. */
    boolean isFounded() {
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
