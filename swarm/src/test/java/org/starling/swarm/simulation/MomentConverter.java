package org.starling.swarm.simulation;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The moment of a line of the log: in a simulation its seed, the virtual time and the peer that says it, {@code seed 7 0:01:02.250
 * home-3}; elsewhere the wall clock.
 */
public final class MomentConverter extends ClassicConverter {
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());
    private static final ThreadLocal<@Nullable World> RUNNING = new ThreadLocal<>();

    /** Until {@link #leave} what this thread says is of a run. */
    static void enter(World world) {
        RUNNING.set(world);
    }

    static void leave() {
        RUNNING.remove();
    }

    @Override
    public String convert(ILoggingEvent event) {
        World world = RUNNING.get();
        if (world == null) {
            return CLOCK.format(event.getInstant());
        }
        Duration at = world.time.elapsed();
        int owner = world.time.running();
        String moment = String.format(
                Locale.ROOT,
                "seed %d %d:%02d:%02d.%03d",
                world.options.seed(),
                at.toHours(),
                at.toMinutesPart(),
                at.toSecondsPart(),
                at.toMillisPart());
        return owner < 0 ? moment : moment + " " + world.peers.get(owner);
    }
}
