package org.starling.launcher.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Children of a launcher that was killed: they are ending, but may not have ended yet. */
public final class Leftovers {
    private Leftovers() {}

    /** Waits for those of the folder, and ends by force what has not ended by then. */
    public static void await(Path folder) throws InterruptedException {
        List<ProcessHandle> left = find(folder);
        try {
            CompletableFuture.allOf(left.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                    .get(Guard.GRACE.plus(Duration.ofSeconds(5)).toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            left.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** The children of the folder that are alive, whoever started them. */
    public static List<ProcessHandle> find(Path folder) {
        String marker = "-D" + ServiceProcess.MARKER + "=" + folder;
        return ProcessHandle.allProcesses()
                .filter(process -> process.pid() != ProcessHandle.current().pid())
                .filter(process -> process.info()
                        .arguments()
                        .map(arguments -> List.of(arguments).contains(marker))
                        .orElse(false))
                .toList();
    }
}
