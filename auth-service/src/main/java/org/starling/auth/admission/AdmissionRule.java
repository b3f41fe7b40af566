package org.starling.auth.admission;

import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import java.time.Instant;
import org.starling.auth.account.Account;
import org.starling.auth.run.Run;

/** Members of an organization with at least a given role take part without asking a moderator. */
@Entity
public class AdmissionRule {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    @ManyToOne
    @JoinColumn(name = "run_id")
    private Run run;

    private String organization;

    @Enumerated(EnumType.STRING)
    private OrganizationRole minimumRole;

    @ManyToOne
    @JoinColumn(name = "made_by")
    private Account madeBy;

    private Instant madeAt;

    @SuppressWarnings("NullAway") // filled by JPA
    protected AdmissionRule() {}

    AdmissionRule(Run run, String organization, OrganizationRole minimumRole, Account madeBy, Instant madeAt) {
        this.run = run;
        this.organization = organization;
        this.minimumRole = minimumRole;
        this.madeBy = madeBy;
        this.madeAt = madeAt;
    }

    MembershipCondition condition() {
        return new MembershipCondition(organization, minimumRole);
    }

    public long id() {
        return id;
    }

    public String organization() {
        return organization;
    }

    public OrganizationRole minimumRole() {
        return minimumRole;
    }

    public Account madeBy() {
        return madeBy;
    }

    public Instant madeAt() {
        return madeAt;
    }

    /** For people. */
    @Override
    public String toString() {
        return condition().toString();
    }
}
