package org.starling.auth.authority;

import java.util.List;
import org.springframework.data.repository.Repository;

interface SealedKeyRepository extends Repository<SealedKey, Long> {

    List<SealedKey> findAllByOrderById();

    void save(SealedKey key);
}
