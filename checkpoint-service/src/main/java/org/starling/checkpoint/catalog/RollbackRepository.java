package org.starling.checkpoint.catalog;

import java.time.Instant;
import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.query.Param;

interface RollbackRepository extends JpaRepository<Rollback, Long> {
    List<Rollback> findAllByOrderByOrderNumberDesc();

    /** Inserts a rollback unless its number is there: the order is heard of from the swarm and given here at once. */
    @Modifying
    @Query(
            value = "INSERT INTO rollback (order_number, generation, epoch, samples, state_digest, ordered_at)"
                    + " VALUES (:number, :generation, :epoch, :samples, :digest, :at) ON CONFLICT DO NOTHING",
            nativeQuery = true)
    void insertIfAbsent(
            @Param("number") long number,
            @Param("generation") long generation,
            @Param("epoch") long epoch,
            @Param("samples") long samples,
            @Param("digest") String digest,
            @Param("at") Instant at);
}
