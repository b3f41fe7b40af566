package org.starling.it;

import static java.util.stream.Collectors.toMap;

import java.io.IOException;
import java.net.URI;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.starling.launcher.suite.Rest;
import org.starling.launcher.suite.Suite;
import tools.jackson.databind.JsonNode;

/** Asks the trainers all the time where they are, because they do not stay there for long. */
final class Observer implements AutoCloseable {
    private static final long POLL_MILLIS = 60;

    private final Suite suite;
    private final ConcurrentMap<String, JsonNode> latest = new ConcurrentHashMap<>();
    private final TreeMap<Position, Map<String, String>> digests = new TreeMap<>();
    private final Thread thread;
    private volatile boolean closed;

    /** A place in the history of a run. */
    record Position(long generation, long epoch) implements Comparable<Position> {
        @Override
        public int compareTo(Position other) {
            return generation != other.generation
                    ? Long.compare(generation, other.generation)
                    : Long.compare(epoch, other.epoch);
        }
    }

    Observer(Suite suite) {
        this.suite = suite;
        this.thread = new Thread(this::observe, "observer");
        thread.setDaemon(true);
        thread.start();
    }

    /** The highest epoch that a trainer is at now; 0 if none answers. */
    long epoch() {
        return latest.values().stream()
                .mapToLong(status -> status.path("epoch").asLong(0))
                .max()
                .orElse(0);
    }

    /** The generation that the furthest trainer is in. */
    long generation() {
        return latest.values().stream()
                .mapToLong(status -> status.path("generation").asLong(0))
                .max()
                .orElse(0);
    }

    /** What a trainer said last; empty if it does not answer. */
    Optional<JsonNode> status(String trainer) {
        return Optional.ofNullable(latest.get(trainer));
    }

    /** The newest position after the given epoch of this generation at which all of these had the same digest. */
    Optional<Position> agreement(Collection<String> trainers, Position after) {
        synchronized (digests) {
            NavigableMap<Position, Map<String, String>> later = digests.tailMap(after, false);
            return later.descendingMap().entrySet().stream()
                    .filter(entry -> entry.getValue().keySet().containsAll(trainers))
                    .filter(entry -> new HashSet<>(entry.getValue().entrySet().stream()
                                            .filter(seen -> trainers.contains(seen.getKey()))
                                            .collect(toMap(Map.Entry::getKey, Map.Entry::getValue))
                                            .values())
                                    .size()
                            == 1)
                    .map(Map.Entry::getKey)
                    .findFirst();
        }
    }

    /** Who has been seen with this digest at this position. */
    Set<String> seenWith(Position position, String digest) {
        synchronized (digests) {
            Set<String> found = new HashSet<>();
            digests.getOrDefault(position, Map.of()).forEach((trainer, seen) -> {
                if (seen.equals(digest)) {
                    found.add(trainer);
                }
            });
            return found;
        }
    }

    private void observe() {
        while (!closed) {
            try {
                List<String> trainers =
                        suite.trainers().stream().map(process -> process.name()).toList();
                Map<String, URI> addresses = suite.addresses().peers();
                for (String trainer : trainers) {
                    ask(trainer, addresses.get(trainer));
                }
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void ask(String trainer, URI address) throws InterruptedException {
        try {
            JsonNode status = Rest.get(address.resolve("/api/v1/peer/status")).orThrow();
            if (status.path("stateDigest").isString()) {
                latest.put(trainer, status);
                Position position = new Position(
                        status.path("generation").asLong(), status.path("epoch").asLong());
                synchronized (digests) {
                    digests.computeIfAbsent(position, key -> new TreeMap<>())
                            .put(trainer, status.path("stateDigest").asString());
                }
            }
        } catch (IOException e) {
            latest.remove(trainer);
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
