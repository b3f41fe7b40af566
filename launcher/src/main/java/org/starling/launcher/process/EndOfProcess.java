package org.starling.launcher.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns how a process ended into a sentence for people. */
public final class EndOfProcess {
    private static final int TAIL_BYTES = 64 * 1024;
    private static final int SIGKILL_STATUS = 128 + 9;
    private static final Pattern PORT =
            Pattern.compile("(?i)port[ :]+(\\d+)[^\\n]*in use|address already in use[^\\n]*?:(\\d+)");
    private static final Pattern DISK = Pattern.compile("(?i)no space left on device|disk quota exceeded");
    private static final Pattern MEMORY =
            Pattern.compile("OutOfMemoryError[^\\n]*|insufficient memory for the Java Runtime[^\\n]*");
    private static final Pattern CAUSE = Pattern.compile("(?m)^(?:Caused by: |Exception in thread \"main\" )(.+)$");

    /** How Spring Boot ends when it knows what is wrong. */
    private static final Pattern ANALYSIS =
            Pattern.compile("(?s)APPLICATION FAILED TO START\n\\*+\n\nDescription:\n\n(.+?)\n\nAction:\n\n(.+?)\n\n");

    private EndOfProcess() {}

    static String describe(String name, int status, Path log) {
        String text = tail(log);
        Matcher port = PORT.matcher(text);
        if (port.find()) {
            return "%s could not open port %s, because another program has taken it: end that program, or start again"
                            .formatted(name, port.group(1) != null ? port.group(1) : port.group(2))
                    + " to get another port.";
        }
        if (DISK.matcher(text).find()) {
            return "%s stopped because the disk that holds %s is full: free some space and start again."
                    .formatted(name, log.getParent());
        }
        Matcher memory = MEMORY.matcher(text);
        if (memory.find()) {
            return "%s ran out of memory (%s): end other programs, or start fewer trainers with --trainers."
                    .formatted(name, memory.group().strip());
        }
        Matcher analysis = ANALYSIS.matcher(text);
        if (analysis.find()) {
            return "%s did not start: %s %s"
                    .formatted(
                            name, analysis.group(1).strip(), analysis.group(2).strip());
        }
        if (status == SIGKILL_STATUS) {
            return "%s was killed (SIGKILL), by a person or because the machine ran out of memory; its log is %s."
                    .formatted(name, log);
        }
        return "%s ended with status %d%s; its log is %s.".formatted(name, status, lastCause(text), log);
    }

    /** The last lines of a log, for reports. */
    public static List<String> lastLines(Path log, int count) {
        List<String> lines = tail(log).lines().toList();
        return lines.subList(Math.max(0, lines.size() - count), lines.size());
    }

    private static String lastCause(String text) {
        Matcher cause = CAUSE.matcher(text);
        String found = "";
        while (cause.find()) {
            found = " (" + cause.group(1).strip() + ")";
        }
        return found;
    }

    private static String tail(Path log) {
        try (var channel = Files.newByteChannel(log)) {
            channel.position(Math.max(0, channel.size() - TAIL_BYTES));
            var buffer = java.nio.ByteBuffer.allocate(TAIL_BYTES);
            while (channel.read(buffer) > 0) {
                // Until it is full or the file ends.
            }
            return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}
