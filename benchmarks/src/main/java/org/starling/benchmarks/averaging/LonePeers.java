package org.starling.benchmarks.averaging;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AuthorityKey;

/** Peers that average, each in a process of its own. Not thread-safe; close it to end them. */
final class LonePeers implements AutoCloseable {
    private final List<Handle> handles = new ArrayList<>();
    private long epoch;

    /**
     * @param options of the virtual machines
     * @throws IOException if a process cannot be started or ends at once
     */
    LonePeers(int peers, int elements, String codec, List<String> options) throws IOException {
        AuthorityKey key = AuthorityKey.create();
        try {
            for (int number = 0; number < peers; number++) {
                handles.add(new Handle(number, peers, elements, codec, options));
                handles.get(number).tell(key.toPrivateJson());
            }
            List<String> cards = new ArrayList<>();
            for (Handle handle : handles) {
                cards.add(handle.answer());
            }
            for (int number = 0; number < peers; number++) {
                for (int other = 0; other < peers; other++) {
                    if (other != number) {
                        handles.get(number).tell(other + " " + cards.get(other));
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** A round, as fast as it goes. */
    void average() throws IOException {
        round("average");
    }

    /** What the first peer held in a round at most; empty if not everybody took part in it. */
    Optional<MemoryWatch.Peak> watch() throws IOException {
        return round("watch");
    }

    private Optional<MemoryWatch.Peak> round(String orderOfFirst) throws IOException {
        for (int number = 0; number < handles.size(); number++) {
            handles.get(number).tell((number == 0 ? orderOfFirst : "average") + " " + epoch);
        }
        epoch++;
        List<String[]> answers = new ArrayList<>();
        for (Handle handle : handles) {
            answers.add(handle.answer().split(" "));
        }
        String digest = answers.get(0)[2];
        if (answers.stream().anyMatch(answer -> answer[2].equals(Digest.ZERO.toString()))) {
            return Optional.empty();
        } else if (answers.stream().anyMatch(answer -> !answer[2].equals(digest))) {
            throw new IOException("The peers have different results");
        }
        return Optional.of(new MemoryWatch.Peak(Long.parseLong(answers.get(0)[0]), Long.parseLong(answers.get(0)[1])));
    }

    @Override
    public void close() {
        handles.forEach(Handle::end);
    }

    /** A process. */
    private static final class Handle {
        private final Process process;
        private final BufferedReader answers;
        private final PrintWriter orders;

        Handle(int number, int peers, int elements, String codec, List<String> options) throws IOException {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(options);
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), LonePeer.class.getName()));
            command.addAll(List.of("" + number, "" + peers, "" + elements, codec));
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            orders = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
        }

        void tell(String order) {
            orders.println(order);
        }

        String answer() throws IOException {
            String line = answers.readLine();
            if (line == null) {
                throw new IOException("A peer's process has ended; what it said is above");
            }
            return line;
        }

        void end() {
            process.destroyForcibly();
        }
    }
}
