package org.starling.benchmarks.averaging;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.averaging.Round;
import org.starling.swarm.averaging.RoundKey;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AuthorityKey;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.testing.TestAuthority;

/**
 * The program of a process with a single peer, as a volunteer has it. It is led through its standard input and answers on its standard
 * output, a line for a line; {@link LonePeers} is the other side:
 *
 * <pre>
 * the authority's private key    ADDRESS TOKEN
 * NUMBER ADDRESS TOKEN           (nothing; once for each of the others)
 * average EPOCH                  0 0 DIGEST
 * watch EPOCH                    HEAP DIRECT DIGEST, with the most memory that was held, in bytes
 * </pre>
 *
 * The digest is zero if not everybody's gradient is in the average. It ends with its input.
 */
final class LonePeer {
    private final int number;
    private final int peers;
    private final float[] gradient;
    private final TestAuthority authority;
    private final BenchmarkPeer peer;
    private final TokenVerifier verifier;

    private LonePeer(int number, int peers, int elements, String codec, AuthorityKey key) throws IOException {
        this.number = number;
        this.peers = peers;
        this.gradient = Rig.gradient(elements, number);
        this.authority = new TestAuthority(Rig.RUN, key);
        this.verifier = authority.verifier(InstantSource.system());
        RunConfiguration run = Rig.run(peers, codec);
        this.peer = new BenchmarkPeer(
                run,
                authority,
                identity(number),
                "account" + number,
                elements,
                Runtime.getRuntime().availableProcessors(),
                UnaryOperator.identity());
    }

    /** Everybody can tell who the others are by their numbers. */
    private static PeerIdentity identity(int number) {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) (number + 1));
        return PeerIdentity.ofSeed(seed);
    }

    /** Arguments: the peer's number, how many there are, parameters, codec. */
    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err);
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        LonePeer lone = new LonePeer(
                Integer.parseInt(arguments[0]),
                Integer.parseInt(arguments[1]),
                Integer.parseInt(arguments[2]),
                arguments[3],
                AuthorityKey.ofPrivateJson(Objects.requireNonNull(orders.readLine())));
        answers.println(lone.peer.address() + " " + lone.peer.card().token().compact());
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            lone.follow(order.split(" ")).ifPresent(answers::println);
        }
        System.exit(0);
    }

    private Optional<String> follow(String[] order) throws Exception {
        if (order[0].equals("average") || order[0].equals("watch")) {
            peer.forget();
            Digest[] digest = {Digest.ZERO};
            long epoch = Long.parseLong(order[1]);
            MemoryWatch.Peak peak = new MemoryWatch.Peak(0, 0);
            if (order[0].equals("watch")) {
                peak = MemoryWatch.peak(() -> digest[0] = average(epoch));
            } else {
                digest[0] = average(epoch);
            }
            return Optional.of(peak.heap() + " " + peak.direct() + " " + digest[0]);
        }
        peer.knows(BenchmarkPeer.card(identity(Integer.parseInt(order[0])), verifier.verify(order[2]), order[1]));
        return Optional.empty();
    }

    /** Returns zero if not everybody's gradient was averaged: the first rounds of a process are slow, and machines are busy. */
    private Digest average(long epoch) throws Exception {
        try {
            Group group = peer.meet(new RoundKey(0, epoch, Digest.ZERO, Digest.ZERO), Rig.SAMPLES)
                    .get(1, TimeUnit.MINUTES);
            Round.Outcome outcome = peer.average(group, gradient).get(10, TimeUnit.MINUTES);
            if (outcome instanceof Round.Outcome.Committed committed
                    && committed.gradient().includedFully().cardinality() == peers) {
                return committed.gradient().digest();
            }
            System.err.println("Peer " + number + ", epoch " + epoch + ": not everybody was in " + outcome);
        } catch (ExecutionException e) {
            System.err.println("Peer " + number + ", epoch " + epoch + ": " + e.getCause());
        }
        return Digest.ZERO;
    }
}
