package org.starling.simulator;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.starling.swarm.simulation.RandomSchedule.Edition;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The editions of random schedules as they are named on the command line. */
final class EditionNames implements ITypeConverter<Edition>, Iterable<String> {
    private static final List<String> ALL =
            Arrays.stream(Edition.values()).map(EditionNames::of).toList();

    static String of(Edition edition) {
        return edition.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Edition convert(String name) {
        int index = ALL.indexOf(name.toLowerCase(Locale.ROOT));
        if (index < 0) {
            throw new TypeConversionException(
                    "there is no edition '" + name + "'; there are " + String.join(", ", ALL));
        }
        return Edition.values()[index];
    }

    @Override
    public Iterator<String> iterator() {
        return ALL.iterator();
    }
}
