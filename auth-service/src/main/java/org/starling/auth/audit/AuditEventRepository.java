package org.starling.auth.audit;

import java.util.List;
import org.springframework.data.domain.Limit;
import org.springframework.data.repository.Repository;

interface AuditEventRepository extends Repository<AuditEvent, Long> {

    void save(AuditEvent event);

    List<AuditEvent> findByIdLessThanOrderByIdDesc(long before, Limit limit);

    List<AuditEvent> findByIdGreaterThanOrderById(long after, Limit limit);

    List<AuditEvent> findByRunAndIdGreaterThanOrderById(String run, long after, Limit limit);

    List<AuditEvent> findByRunAndIdLessThanOrderByIdDesc(String run, long before, Limit limit);
}
