package org.starling.auth.audit;

import org.springframework.data.repository.Repository;

interface AuditEventRepository extends Repository<AuditEvent, Long> {

    void save(AuditEvent event);
}
