package org.starling.launcher;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.starling.launcher.process.ServiceProcess;
import org.starling.launcher.suite.SuiteListener;

/**
 * Tells of children that ended unexpectedly and starts them again while the rest goes on; one that ends again and again
 * stays down, because then its log has to be read.
 */
final class Supervisor implements SuiteListener {
    private static final int RESTARTS = 3;
    private static final Duration WITHIN = Duration.ofMinutes(5);
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final Terminal terminal;
    private final ScheduledExecutorService executor;
    private final Map<String, Deque<Instant>> restarts = new HashMap<>();
    private boolean enabled;

    Supervisor(Terminal terminal, ScheduledExecutorService executor) {
        this.terminal = terminal;
        this.executor = executor;
    }

    /** Before this, an end is reported by whoever waits for the child. */
    synchronized void enable() {
        enabled = true;
    }

    /** From here on children are meant to end. */
    synchronized void disable() {
        enabled = false;
    }

    @Override
    public synchronized void endedUnexpectedly(ServiceProcess process) {
        if (!enabled) {
            return;
        }
        Deque<Instant> past = restarts.computeIfAbsent(process.name(), name -> new ArrayDeque<>());
        Instant now = Instant.now();
        past.removeIf(time -> time.isBefore(now.minus(WITHIN)));
        if (past.size() >= RESTARTS) {
            terminal.say(process.describeEnd() + " It has ended too often and stays down while the rest goes on:"
                    + " mend the cause, then stop the demo and start it again.");
            return;
        }
        past.add(now);
        terminal.say(process.describeEnd() + " The rest goes on, and it is started again.");
        executor.schedule(() -> restart(process), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void portChanged(String sentence) {
        terminal.say(sentence);
    }

    private synchronized void restart(ServiceProcess process) {
        if (!enabled) {
            return;
        }
        try {
            process.start();
        } catch (IOException e) {
            terminal.say(process.name() + " cannot be started again (" + e.getMessage() + "): mend that, then stop the"
                    + " demo and start it again.");
        }
    }
}
