package org.starling.swarm.runtime;

import java.util.Collections;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Immutable results of pure functions that the peers of one process share, so that each is computed and kept once and not once
 * for each peer. Shares nothing unless told to; changes no result. Safe for use by several threads.
 */
public final class SharedResults<K, V> {
    private volatile @Nullable Map<K, V> found;

    /** Shares from now on the newest results, so many at most. */
    public void share(int results) {
        found = Collections.synchronizedMap(BoundedMaps.ofNewest(results));
    }

    /** What the function gives for the key, computed now or before; what it throws is not kept. */
    public V get(K key, Function<K, V> function) {
        Map<K, V> shared = found;
        return shared == null ? function.apply(key) : shared.computeIfAbsent(key, function);
    }
}
