package org.starling.metrics.store;

import java.util.Collection;
import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Query;

interface EpochRepository extends JpaRepository<StoredEpoch, String> {
    /** Those of the ids that there are. */
    @Query("select e.recordId from StoredEpoch e where e.recordId in :ids")
    List<String> findKnown(Collection<String> ids);
}
