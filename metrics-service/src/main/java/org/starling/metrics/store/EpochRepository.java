package org.starling.metrics.store;

import java.util.Collection;
import java.util.List;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;

interface EpochRepository extends JpaRepository<StoredEpoch, String> {
    @Modifying(flushAutomatically = true, clearAutomatically = true)
    @Query("update StoredEpoch e set e.onChain = :onChain where e.recordId in :ids")
    void markOnChain(Collection<String> ids, boolean onChain);

    @Query("""
            select new org.starling.metrics.store.AccountSamples(m.accountId, max(m.accountName), sum(m.samples), count(*))
            from StoredEpoch e join e.members m
            where e.onChain
            group by m.accountId
            order by sum(m.samples) desc, m.accountId
            """)
    List<AccountSamples> sumByAccount(Limit limit);
}
