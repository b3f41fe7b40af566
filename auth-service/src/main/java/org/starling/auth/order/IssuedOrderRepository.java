package org.starling.auth.order;

import java.util.List;
import java.util.Optional;
import org.springframework.data.repository.Repository;

interface IssuedOrderRepository extends Repository<IssuedOrder, Long> {

    List<IssuedOrder> findByRunIdOrderByNumber(long runId);

    Optional<IssuedOrder> findFirstByRunIdOrderByNumberDesc(long runId);

    IssuedOrder save(IssuedOrder order);
}
