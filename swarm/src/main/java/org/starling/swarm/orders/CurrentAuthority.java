package org.starling.swarm.orders;

import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.TrustedAuthority;

/**
 * The authority as a peer knows it now: as it was told when it joined, and with the keys that orders have added and taken away
 * since. So a peer follows a change of keys without asking anybody. Safe for use by several threads.
 */
public final class CurrentAuthority implements Supplier<TrustedAuthority> {
    private static final Logger log = LoggerFactory.getLogger(CurrentAuthority.class);

    private volatile TrustedAuthority keys;

    public CurrentAuthority(TrustedAuthority keys) {
        this.keys = keys;
    }

    @Override
    public TrustedAuthority get() {
        return keys;
    }

    /** Begins anew with what the authority itself says. */
    public synchronized void replace(TrustedAuthority newer) {
        keys = newer;
    }

    /** Does what an order says about keys; other orders change nothing. The order was verified. */
    public synchronized void obey(Order order) {
        try {
            if (order instanceof Order.Trust trust) {
                keys = keys.with(trust.jwk());
            } else if (order instanceof Order.Distrust distrust) {
                keys = keys.without(distrust.keyId());
            }
        } catch (IllegalArgumentException e) {
            log.warn("Order {} of the authority cannot be obeyed: {}", order.number(), e.getMessage());
        }
    }
}
