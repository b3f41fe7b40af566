package org.starling.auth.device;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface PeerCredentialRepository extends Repository<PeerCredential, Long> {

    Optional<PeerCredential> findByTokenHash(String tokenHash);

    boolean existsByAccountIdAndPeer(long accountId, String peer);

    long countByAccountId(long accountId);

    /** A peer has one for each account that speaks for it: a new one takes the place of the old. */
    @Modifying
    @Query(nativeQuery = true, value = """
                    INSERT INTO peer_credential (token_hash, account_id, peer, device_name, created_at, expires_at)
                    VALUES (:tokenHash, :accountId, :peer, :deviceName, :now, :expiresAt)
                    ON CONFLICT (account_id, peer) DO UPDATE
                    SET token_hash = :tokenHash, device_name = :deviceName, created_at = :now, expires_at = :expiresAt""")
    void replace(
            String tokenHash, long accountId, String peer, @Nullable String deviceName, Instant now, Instant expiresAt);

    /** How many there were. */
    @Modifying
    @Query("DELETE FROM PeerCredential c WHERE c.account.id = :accountId AND c.peer = :peer")
    int delete(long accountId, String peer);

    @Modifying
    @Query("DELETE FROM PeerCredential c WHERE c.expiresAt < :now")
    void deleteExpiredBefore(Instant now);
}
