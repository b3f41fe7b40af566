package org.starling.auth.admission;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.EntityGraph;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface JoinRequestRepository extends Repository<JoinRequest, Long> {

    @EntityGraph(attributePaths = {"account", "decidedBy"})
    Optional<JoinRequest> findByRunIdAndAccountId(long runId, long accountId);

    Optional<JoinRequest> findByIdAndRunId(long id, long runId);

    @EntityGraph(attributePaths = {"account", "decidedBy"})
    List<JoinRequest> findByRunIdAndStateOrderByRequestedAt(long runId, JoinRequest.State state, Limit limit);

    /** @param state null for all */
    @EntityGraph(attributePaths = {"account", "decidedBy"})
    @Query("SELECT r FROM JoinRequest r WHERE r.run.id = :runId AND (:state IS NULL OR r.state = :state) AND r.id > :id"
            + " ORDER BY r.id")
    List<JoinRequest> findAfter(long runId, JoinRequest.@Nullable State state, long id, Limit limit);

    /** @param state null for all */
    @EntityGraph(attributePaths = {"account", "decidedBy"})
    @Query("SELECT r FROM JoinRequest r WHERE r.run.id = :runId AND (:state IS NULL OR r.state = :state) AND r.id < :id"
            + " ORDER BY r.id DESC")
    List<JoinRequest> findBefore(long runId, JoinRequest.@Nullable State state, long id, Limit limit);

    long countByRunIdAndState(long runId, JoinRequest.State state);

    /** The browser and the peer of one person may ask at once. */
    @Modifying
    @Query(nativeQuery = true, value = """
                    INSERT INTO join_request (run_id, account_id, state, requested_at, version)
                    VALUES (:runId, :accountId, 'PENDING', :now, 0) ON CONFLICT (run_id, account_id) DO NOTHING""")
    int insertIfAbsent(long runId, long accountId, Instant now);
}
