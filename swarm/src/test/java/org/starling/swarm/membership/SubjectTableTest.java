package org.starling.swarm.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubjectTableTest {
    private static final int SEQUENCE_BITS = 24;

    /** Few subjects, many of them with the same place in the table, so that removing leaves gaps in long rows. */
    private static long nameOf(Random random) {
        long subject = 1 + random.nextInt(40) + ((long) random.nextInt(4) << 20);
        return subject << SEQUENCE_BITS | random.nextInt(1000);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void holdsWhatAMapWouldHold(long seed) {
        Random random = new Random(seed);
        SubjectTable<Integer> table = new SubjectTable<>();
        Map<Long, Long> names = new HashMap<>();
        Map<Long, Integer> values = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            long name = nameOf(random);
            if (random.nextInt(3) > 0) {
                table.put(name, i);
                names.put(News.subject(name), name);
                values.put(News.subject(name), i);
            } else {
                table.remove(name);
                names.remove(News.subject(name));
                values.remove(News.subject(name));
            }

            long asked = nameOf(random);
            assertThat(table.find(asked)).isEqualTo(values.get(News.subject(asked)));
            assertThat(table.size()).isEqualTo(values.size());
        }
        names.forEach((subject, name) ->
                assertThat(table.name(table.locate(subject << SEQUENCE_BITS))).isEqualTo(name));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 5000})
    void aMarkStaysWithItsSubjectHoweverTheTableGrows(int subjects) {
        SubjectTable<String> table = new SubjectTable<>();
        table.put(7L << SEQUENCE_BITS, "seven");
        table.mark(table.locate(7L << SEQUENCE_BITS), 42);

        for (long subject = 8; subject < 8 + subjects; subject++) {
            table.put(subject << SEQUENCE_BITS, "another");
        }

        assertThat(table.mark(table.locate(7L << SEQUENCE_BITS | 5))).isEqualTo(42);
        assertThat(table.locate(1L << SEQUENCE_BITS)).isEqualTo(SubjectTable.NONE);
    }
}
