package org.starling.checkpoint.catalog;

import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Query;

interface CheckpointRepository extends JpaRepository<Checkpoint, Long> {
    @Query("select c from Checkpoint c order by c.generation desc, c.samples desc, c.id desc")
    List<Checkpoint> findNewestFirst();

    Optional<Checkpoint> findByRecordId(String recordId);

    @Query("select c from Checkpoint c where c.stateDigest = :digest and c.problem is null order by c.id desc")
    List<Checkpoint> findUsable(String digest);
}
