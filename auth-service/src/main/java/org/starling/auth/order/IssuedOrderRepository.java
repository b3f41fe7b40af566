package org.starling.auth.order;

import java.util.List;
import java.util.Optional;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.EntityGraph;
import org.springframework.data.repository.Repository;

interface IssuedOrderRepository extends Repository<IssuedOrder, Long> {

    @EntityGraph(attributePaths = "issuedBy")
    List<IssuedOrder> findByRunIdAndNumberGreaterThanOrderByNumber(long runId, long number, Limit limit);

    @EntityGraph(attributePaths = "issuedBy")
    List<IssuedOrder> findByRunIdAndNumberLessThanOrderByNumberDesc(long runId, long number, Limit limit);

    Optional<IssuedOrder> findByRunIdAndNumber(long runId, long number);

    Optional<IssuedOrder> findFirstByRunIdOrderByNumberDesc(long runId);

    IssuedOrder save(IssuedOrder order);
}
