package org.starling.auth.authority;

import java.util.List;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface SealedKeyRepository extends Repository<SealedKey, Long> {

    List<SealedKey> findAllByOrderById();

    void save(SealedKey key);

    void flush();

    /** One change of keys at a time, in whatever instance. Until the transaction ends. */
    @Query(nativeQuery = true, value = "SELECT 1 FROM pg_advisory_xact_lock(7283461)")
    int lock();
}
