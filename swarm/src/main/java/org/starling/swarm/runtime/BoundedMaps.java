package org.starling.swarm.runtime;

import java.util.LinkedHashMap;
import java.util.Map;

/** Maps that hold so many entries at most and let go of one when another comes. Not safe for use by several threads. */
public final class BoundedMaps {
    private BoundedMaps() {}

    /** Lets go of the entry that has been there longest. */
    public static <K, V> Map<K, V> ofNewest(int entries) {
        return of(entries, false);
    }

    /** Lets go of the entry that nobody has asked for longest. */
    public static <K, V> Map<K, V> ofLastUsed(int entries) {
        return of(entries, true);
    }

    private static <K, V> Map<K, V> of(int entries, boolean accessOrder) {
        return new LinkedHashMap<>(16, 0.75f, accessOrder) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > entries;
            }
        };
    }
}
