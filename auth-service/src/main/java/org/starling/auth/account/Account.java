package org.starling.auth.account;

import jakarta.persistence.Convert;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starling.auth.hub.HubAccount.Membership;
import org.starling.auth.hub.HubProfile;
import org.starling.auth.hub.HubProfile.Hardware;

/** A person. {@code hubId} never changes, the name may. */
@Entity
public class Account {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String hubId;
    private String name;
    private Instant createdAt;

    @Convert(converter = JsonColumns.Memberships.class)
    private @Nullable List<Membership> organizations;

    private @Nullable Instant organizationsAt;

    private @Nullable Instant hubCreatedAt;

    @Convert(converter = JsonColumns.HardwareItems.class)
    private @Nullable List<Hardware> hardware;

    private @Nullable Instant profileAt;

    @SuppressWarnings("NullAway") // filled by JPA
    protected Account() {}

    void rename(String newName) {
        this.name = newName;
    }

    /** Believes what the hub said of the person's organizations, unless something newer is known. */
    void joinOrganizations(List<Membership> memberships, Instant asOf) {
        if (organizationsAt == null || asOf.isAfter(organizationsAt)) {
            this.organizations = memberships;
            this.organizationsAt = asOf;
        }
    }

    void show(HubProfile profile, Instant now) {
        this.hubCreatedAt = profile.createdAt();
        this.hardware = profile.hardware();
        this.profileAt = now;
    }

    public long id() {
        return id;
    }

    public String hubId() {
        return hubId;
    }

    public String name() {
        return name;
    }

    /** First visit here. */
    public Instant createdAt() {
        return createdAt;
    }

    /** As the hub said at the last visit; empty if it never said. */
    public List<Membership> organizations() {
        return organizations == null ? List.of() : organizations;
    }

    /** When the hub last told of the organizations; null if it never did, or this service did not write it down then. */
    public @Nullable Instant organizationsAt() {
        return organizationsAt;
    }

    /** When the person came to the hub; null if it did not say yet. */
    public @Nullable Instant hubCreatedAt() {
        return hubCreatedAt;
    }

    /** What the person shows of their machines to everybody. */
    public List<Hardware> hardware() {
        return hardware == null ? List.of() : hardware;
    }

    /** When the hub showed the profile; null if it never did. */
    @Nullable Instant profileAt() {
        return profileAt;
    }

    /** For people and the audit log: the name, and the id that does not change. */
    @Override
    public String toString() {
        return name + " (" + hubId + ")";
    }
}
