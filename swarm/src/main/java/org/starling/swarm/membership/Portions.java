package org.starling.swarm.membership;

import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/** What one message of gossip carries at most, so that few have more than a mebibyte: the rest goes with the next. A
 * record has that size by itself at most. */
final class Portions {
    /** Records, orders or contradictions. */
    static final int MAX_ATTACHED = 64;

    static final int MAX_ITEM_BYTES = 1 << 18;
    static final int MAX_RECORD_BYTES = 1 << 19;
    static final int MAX_ORDER_BYTES = 1 << 17;

    private Portions() {}

    /**
     * Takes as many as one message carries, at least one.
     *
     * @param waiting from which they are removed
     */
    static <M extends Message> List<M> take(Collection<M> waiting, int maxBytes) {
        List<M> taken = new ArrayList<>();
        int bytes = 0;
        for (Iterator<M> all = waiting.iterator(); all.hasNext() && taken.size() < MAX_ATTACHED; ) {
            M next = all.next();
            bytes += next.getSerializedSize();
            if (bytes > maxBytes && !taken.isEmpty()) {
                break;
            }
            taken.add(next);
            all.remove();
        }
        return taken;
    }
}
