package org.starling.launcher.process;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.Arrays;

/**
 * The main class of every child: runs another main class, and ends the process when standard input closes.
 *
 * <p>Standard input is a pipe whose other end only the starting process holds, so it closes when that process ends in
 * whatever way, SIGKILL included. Needs nothing but the JDK, because it is put on the child's class path.
 */
public final class Guard {
    /** After this an orderly end is no longer waited for. */
    static final Duration GRACE = Duration.ofSeconds(20);

    private Guard() {}

    /** @param arguments the main class to run, followed by its arguments */
    public static void main(String[] arguments) throws Throwable {
        watch(System.in);
        try {
            Class.forName(arguments[0]).getMethod("main", String[].class).invoke(null, (Object)
                    Arrays.copyOfRange(arguments, 1, arguments.length));
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static void watch(InputStream input) {
        daemon("guard", () -> {
            try {
                while (input.read() >= 0) {
                    // Only the end matters.
                }
            } catch (IOException e) {
                // A broken pipe says the same as a closed one.
            }
            daemon("guard-halt", () -> {
                try {
                    Thread.sleep(GRACE.toMillis());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                Runtime.getRuntime().halt(1);
            });
            System.exit(0);
        });
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
