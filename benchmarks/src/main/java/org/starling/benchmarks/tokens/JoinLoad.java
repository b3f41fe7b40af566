package org.starling.benchmarks.tokens;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.PeerProof;

/** Peers of one account that join a run at a running auth service, as fast as it lets them. */
final class JoinLoad {
    private final URI tokens;
    private final String run;
    private final String hubToken;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    JoinLoad(String authService, String run, String hubToken) {
        this.tokens = URI.create(authService.replaceAll("/+$", "") + "/api/v1/runs/" + run + "/tokens");
        this.run = run;
        this.hubToken = hubToken;
    }

    /**
     * Lets so many peers join, each with a key of its own, over so many connections.
     *
     * @return joins a second
     * @throws IOException if one of them was not let in
     */
    double measure(int joins, int connections) throws IOException, InterruptedException {
        List<PeerIdentity> peers = new ArrayList<>();
        for (int i = 0; i < joins; i++) {
            peers.add(PeerIdentity.create());
        }
        List<String> bodies = peers.stream().map(this::body).toList();
        ExecutorService clients = Executors.newFixedThreadPool(connections);
        try {
            long begun = System.nanoTime();
            List<Future<?>> answers = new ArrayList<>();
            for (String body : bodies) {
                answers.add(clients.submit(() -> {
                    join(body);
                    return null;
                }));
            }
            for (Future<?> answer : answers) {
                answer.get();
            }
            return joins / ((System.nanoTime() - begun) / 1e9);
        } catch (ExecutionException e) {
            throw new IOException("A peer could not join: " + e.getCause(), e);
        } finally {
            clients.shutdownNow();
            clients.awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    private void join(String body) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(tokens)
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + hubToken)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("status " + answer.statusCode() + ", " + answer.body());
        }
    }

    private String body(PeerIdentity peer) {
        Base64.Encoder base64 = Base64.getEncoder();
        PeerProof proof = PeerProof.create(peer, run, Instant.now());
        try {
            return """
                    {"ed25519PublicKey": "%s", "certificate": "%s", "roles": ["trainer"],
                     "proof": {"timeMillis": %d, "nonce": "%s", "signature": "%s"}}""".formatted(
                            base64.encodeToString(peer.publicKey()),
                            base64.encodeToString(peer.certificate().getEncoded()),
                            proof.time().toEpochMilli(),
                            base64.encodeToString(proof.nonce()),
                            base64.encodeToString(proof.signature()));
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("An identity's certificate has an encoding", e);
        }
    }
}
