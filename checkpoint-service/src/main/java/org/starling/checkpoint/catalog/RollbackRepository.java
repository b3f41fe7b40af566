package org.starling.checkpoint.catalog;

import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;

interface RollbackRepository extends JpaRepository<Rollback, Long> {
    List<Rollback> findAllByOrderByOrderNumberDesc();
}
