package org.starling.auth.run;

import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.EntityGraph;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface RunRepository extends Repository<Run, Long> {

    @EntityGraph(attributePaths = {"createdBy", "entryPoints", "officials"})
    Optional<Run> findByName(String name);

    List<Run> findAllByOrderByName();

    Run save(Run run);

    /** Two instances may start at once on an empty database. Until the transaction ends. */
    @Query(nativeQuery = true, value = "SELECT 1 FROM pg_advisory_xact_lock(7283462)")
    int lockAll();

    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("SELECT r FROM Run r WHERE r.id = :id")
    Run lock(long id);
}
