package org.starling.auth.admission;

import java.util.List;
import java.util.Optional;
import org.springframework.data.repository.Repository;

interface AdmissionRuleRepository extends Repository<AdmissionRule, Long> {

    List<AdmissionRule> findByRunIdOrderByOrganization(long runId);

    Optional<AdmissionRule> findByIdAndRunId(long id, long runId);

    AdmissionRule save(AdmissionRule rule);

    void delete(AdmissionRule rule);

    void flush();
}
