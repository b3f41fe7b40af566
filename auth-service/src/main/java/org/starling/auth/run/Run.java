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
import jakarta.persistence.OrderColumn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.starling.auth.account.Account;

/** A run. Its configuration is law for its peers and never changes; offices and entry points follow the settings. */
@Entity
public class Run {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String name;
    private String description;
    private String configuration;
    private Instant createdAt;

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

    Run(String name, String configuration, Instant createdAt) {
        this.name = name;
        this.description = "";
        this.configuration = configuration;
        this.createdAt = createdAt;
    }

    void update(String newDescription, List<String> newEntryPoints, Set<Official> newOfficials) {
        description = newDescription;
        if (!entryPoints.equals(newEntryPoints)) {
            entryPoints.clear();
            entryPoints.addAll(newEntryPoints);
        }
        officials.retainAll(newOfficials);
        officials.addAll(newOfficials);
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
        return officials.contains(new Official(office, account.name()))
                || officials.contains(new Official(office, account.hubId()));
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
