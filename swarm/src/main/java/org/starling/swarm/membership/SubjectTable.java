package org.starling.swarm.membership;

import org.jspecify.annotations.Nullable;

/**
 * The newest statement of each subject by its name: an open-addressed hash table with linear probing (Knuth, volume 3, section
 * 6.4) that keeps names and marks side by side, because comparing two peers' tables looks up thousands of them and little
 * else. Not safe for use by several threads.
 *
 * @param <S> what is kept for a subject
 */
final class SubjectTable<S> {
    static final int NONE = -1;

    private static final int INITIAL_CAPACITY = 64;

    /** {@code long[2 * capacity]}: name and mark in turn; a name of zero where nothing is. */
    private long[] cells = new long[2 * INITIAL_CAPACITY];

    private @Nullable Object[] values = new Object[INITIAL_CAPACITY];
    private int size;

    int size() {
        return size;
    }

    /** Where the subject of a name is, until the table is changed; {@link #NONE} if it is not here. */
    int locate(long name) {
        long subject = News.subject(name);
        int mask = values.length - 1;
        for (int at = (int) subject & mask; ; at = at + 1 & mask) {
            long here = cells[2 * at];
            if (here == 0) {
                return NONE;
            }
            if (News.subject(here) == subject) {
                return at;
            }
        }
    }

    /** The newest name of the subject there. */
    long name(int at) {
        return cells[2 * at];
    }

    /** The mark that was given last to the subject there; zero if none was. */
    long mark(int at) {
        return cells[2 * at + 1];
    }

    void mark(int at, long mark) {
        cells[2 * at + 1] = mark;
    }

    /** What is kept for the subject of a name; null if nothing is. */
    @SuppressWarnings("unchecked")
    @Nullable S find(long name) {
        int at = locate(name);
        return at == NONE ? null : (S) values[at];
    }

    /** Keeps something for the subject of a name, in place of what was kept for it. */
    void put(long name, S value) {
        int at = locate(name);
        if (at != NONE) {
            cells[2 * at] = name;
            values[at] = value;
            return;
        }
        if (++size > values.length / 2) {
            grow();
        }
        insert(name, 0, value);
    }

    private void insert(long name, long mark, @Nullable Object value) {
        int mask = values.length - 1;
        int at = (int) News.subject(name) & mask;
        while (cells[2 * at] != 0) {
            at = at + 1 & mask;
        }
        cells[2 * at] = name;
        cells[2 * at + 1] = mark;
        values[at] = value;
    }

    private void grow() {
        long[] oldCells = cells;
        Object[] oldValues = values;
        cells = new long[2 * oldCells.length];
        values = new Object[2 * oldValues.length];
        for (int i = 0; i < oldValues.length; i++) {
            if (oldCells[2 * i] != 0) {
                insert(oldCells[2 * i], oldCells[2 * i + 1], oldValues[i]);
            }
        }
    }

    /** Keeps nothing for the subject of a name any more. */
    void remove(long name) {
        int gap = locate(name);
        if (gap == NONE) {
            return;
        }
        size--;
        int mask = values.length - 1;
        for (int at = gap + 1 & mask; cells[2 * at] != 0; at = at + 1 & mask) {
            int home = (int) News.subject(cells[2 * at]) & mask;
            // whoever is on the far side of the gap from its home would not be found any more
            if ((at - home & mask) >= (at - gap & mask)) {
                cells[2 * gap] = cells[2 * at];
                cells[2 * gap + 1] = cells[2 * at + 1];
                values[gap] = values[at];
                gap = at;
            }
        }
        cells[2 * gap] = 0;
        cells[2 * gap + 1] = 0;
        values[gap] = null;
    }
}
