package org.starling.launcher.suite;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a swarm of this machine does at one moment, as its services tell it.
 *
 * @param epoch the highest that a peer has
 * @param losses of the newest epoch that there is one for
 * @param samplesPerSecond of all trainers together
 * @param checkpoints newest first, as the checkpoint service tells them
 * @param services base addresses
 */
@JsonPropertyOrder({"run", "epoch", "generation", "losses", "samplesPerSecond", "peers", "checkpoints", "services"})
public record SuiteStatus(
        String run,
        long epoch,
        long generation,
        Losses losses,
        double samplesPerSecond,
        List<Peer> peers,
        List<JsonNode> checkpoints,
        Map<String, URI> services) {
    /**
     * Losses in the task's metric; null where none is known yet.
     *
     * @param training of the trainers' newest samples
     * @param validation of the newest evaluation
     * @param baselines of predictors that learned nothing but frequencies
     */
    public record Losses(
            @Nullable Double training, @Nullable Double validation, Map<String, Double> baselines) {}

    /**
     * A peer.
     *
     * @param name of its process
     * @param phase what it does; {@code UNREACHABLE} if it does not answer, {@code JOINING} before it takes part
     * @param samples that it computed since it started, as the others know it
     * @param explanation the phase in a sentence
     */
    public record Peer(
            String name,
            String account,
            List<String> roles,
            String phase,
            long generation,
            long epoch,
            @Nullable String stateDigest,
            long samples,
            double samplesPerSecond,
            String explanation,
            URI address) {
        public boolean takesPart() {
            return !phase.equals("UNREACHABLE");
        }

        public boolean trains() {
            return roles.contains("trainer");
        }
    }

    /** Asks every service; those that do not answer leave gaps. */
    public static SuiteStatus read(Addresses addresses) throws InterruptedException {
        Map<String, JsonNode> answers = new LinkedHashMap<>();
        for (Map.Entry<String, URI> peer : addresses.peers().entrySet()) {
            ask(peer.getValue().resolve("/api/v1/peer/status")).ifPresent(answer -> answers.put(peer.getKey(), answer));
        }
        Map<String, Long> contributions = contributions(answers.values());
        List<Peer> peers = new ArrayList<>();
        addresses.peers().forEach((name, address) -> peers.add(peer(name, address, answers.get(name), contributions)));
        List<Peer> trainers = peers.stream().filter(Peer::trains).toList();
        List<JsonNode> checkpoints = new ArrayList<>();
        ask(addresses.service("checkpoint").resolve("/api/v1/checkpoints"))
                .ifPresent(list -> list.forEach(checkpoints::add));
        Optional<JsonNode> summary = ask(addresses.service("metrics").resolve("/api/v1/summary"));
        return new SuiteStatus(
                addresses.run(),
                peers.stream().mapToLong(Peer::epoch).max().orElse(0),
                peers.stream().mapToLong(Peer::generation).max().orElse(0),
                losses(answers, summary),
                trainers.stream().mapToDouble(Peer::samplesPerSecond).sum(),
                peers,
                checkpoints,
                addresses.services());
    }

    /** The newest checkpoint. */
    public Optional<JsonNode> newestCheckpoint() {
        return checkpoints.stream()
                .max(Comparator.comparing(checkpoint -> checkpoint.path("id").asLong(0)));
    }

    /** As JSON, indented. */
    public String toJson() {
        return Json.MAPPER.writeValueAsString(this);
    }

    private static Losses losses(Map<String, JsonNode> answers, Optional<JsonNode> summary) {
        double[] losses = answers.values().stream()
                .mapToDouble(answer -> answer.path("trainingLoss").asDouble(0))
                .filter(loss -> loss > 0)
                .toArray();
        Double training = losses.length == 0
                ? null
                : java.util.Arrays.stream(losses).average().orElseThrow();
        JsonNode evaluation = summary.map(node -> node.path("evaluation")).orElse(Json.MAPPER.missingNode());
        Map<String, Double> baselines = new LinkedHashMap<>();
        evaluation
                .path("baselines")
                .properties()
                .forEach(entry -> baselines.put(entry.getKey(), entry.getValue().asDouble(0)));
        JsonNode validation = evaluation.path("loss");
        return new Losses(training, validation.isNumber() ? validation.asDouble() : null, baselines);
    }

    /** Samples by account, as the peers tell of each other. */
    private static Map<String, Long> contributions(Iterable<JsonNode> answers) {
        Map<String, Long> samples = new LinkedHashMap<>();
        for (JsonNode answer : answers) {
            for (JsonNode other : answer.path("peers")) {
                samples.merge(
                        other.path("peer").asString(),
                        other.path("samplesTotal").asLong(0),
                        Math::max);
            }
        }
        return samples;
    }

    private static Peer peer(String name, URI address, @Nullable JsonNode status, Map<String, Long> contributions) {
        if (status == null) {
            return new Peer(name, "", List.of(), "UNREACHABLE", 0, 0, null, 0, 0, "It does not answer.", address);
        }
        List<String> roles = new ArrayList<>();
        status.path("roles").forEach(role -> roles.add(role.asString()));
        return new Peer(
                name,
                status.path("account").asString(""),
                roles,
                status.path("phase").asString("JOINING"),
                status.path("generation").asLong(0),
                status.path("epoch").asLong(0),
                status.path("stateDigest").asString(null),
                contributions.getOrDefault(status.path("peer").asString(""), 0L),
                status.path("samplesPerSecond").asDouble(0),
                status.path("explanation").asString(""),
                address);
    }

    private static Optional<JsonNode> ask(URI address) throws InterruptedException {
        try {
            Rest.Answer answer = Rest.get(address);
            return answer.status() == 200 && !answer.body().isMissingNode()
                    ? Optional.of(answer.body())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
