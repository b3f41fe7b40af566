package org.starling.auth.account;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface AccountRepository extends Repository<Account, Long> {

    Optional<Account> findByHubId(String hubId);

    /** Several, where one person took the name that another gave up. */
    List<Account> findByName(String name);

    /** Two first requests of one person may come at once. */
    @Modifying
    @Query(nativeQuery = true, value = """
                    INSERT INTO account (hub_id, name, created_at) VALUES (:hubId, :name, :now)
                    ON CONFLICT (hub_id) DO NOTHING""")
    void insertIfAbsent(String hubId, String name, Instant now);
}
