package org.starling.auth.credential;

import java.time.Instant;
import java.util.Optional;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface PeerKeyRepository extends Repository<PeerKey, Long> {

    Optional<PeerKey> findByPeer(String peer);

    /** A restarted peer may ask twice at once. */
    @Modifying
    @Query(nativeQuery = true, value = """
                    INSERT INTO peer_key (account_id, peer, public_key, certificate_thumbprint, created_at)
                    VALUES (:accountId, :peer, :publicKey, :thumbprint, :now) ON CONFLICT (peer) DO NOTHING""")
    void insertIfAbsent(long accountId, String peer, byte[] publicKey, String thumbprint, Instant now);
}
