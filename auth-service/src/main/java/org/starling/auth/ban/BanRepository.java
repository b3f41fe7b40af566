package org.starling.auth.ban;

import java.util.List;
import java.util.Optional;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.EntityGraph;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;
import org.starling.auth.account.Account;

interface BanRepository extends Repository<Ban, Long> {

    Optional<Ban> findByRunIdAndAccountIdAndLiftedAtIsNull(long runId, long accountId);

    Optional<Ban> findByRunIdAndPeerAndLiftedAtIsNull(long runId, String peer);

    /** One of the account, one of the peer key, at most. */
    @Query("SELECT b FROM Ban b WHERE b.run.id = :runId AND b.liftedAt IS NULL"
            + " AND (b.account.id = :accountId OR b.peer = :peer)")
    List<Ban> findInForce(long runId, long accountId, String peer);

    /** Whose peer key it is. */
    @Query("SELECT k.account FROM PeerKey k WHERE k.peer = :peer")
    Optional<Account> findOwner(String peer);

    Optional<Ban> findByIdAndRunId(long id, long runId);

    @EntityGraph(attributePaths = {"account", "bannedBy", "liftedBy"})
    List<Ban> findByRunIdAndIdLessThanOrderByIdDesc(long runId, long id, Limit limit);

    @EntityGraph(attributePaths = {"account", "bannedBy", "liftedBy"})
    List<Ban> findByRunIdAndIdGreaterThanOrderById(long runId, long id, Limit limit);

    Ban save(Ban ban);
}
