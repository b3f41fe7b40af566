package org.starling.auth.device;

import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.Optional;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface DeviceGrantRepository extends Repository<DeviceGrant, Long> {

    DeviceGrant save(DeviceGrant grant);

    Optional<DeviceGrant> findByUserCode(String userCode);

    /** Locked, because the same machine may ask two instances of this service at once. */
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("SELECT g FROM DeviceGrant g WHERE g.deviceCodeHash = :hash")
    Optional<DeviceGrant> lockByDeviceCodeHash(String hash);

    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("SELECT g FROM DeviceGrant g WHERE g.userCode = :userCode")
    Optional<DeviceGrant> lockByUserCode(String userCode);

    @Query("SELECT count(g) FROM DeviceGrant g WHERE g.address = :address AND g.expiresAt > :now")
    long countLive(String address, Instant now);

    @Modifying
    @Query("DELETE FROM DeviceGrant g WHERE g.expiresAt < :end")
    void deleteExpiredBefore(Instant end);
}
