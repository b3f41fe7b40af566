package org.starling.auth.account;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import java.time.Instant;

/** A person. {@code hubId} never changes, the name may. */
@Entity
public class Account {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String hubId;
    private String name;
    private Instant createdAt;

    @SuppressWarnings("NullAway") // filled by JPA
    protected Account() {}

    Account(String hubId, String name, Instant createdAt) {
        this.hubId = hubId;
        this.name = name;
        this.createdAt = createdAt;
    }

    void rename(String newName) {
        this.name = newName;
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

    public Instant createdAt() {
        return createdAt;
    }
}
