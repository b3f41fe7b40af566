package org.starling.benchmarks.averaging;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.compression.TensorSizes;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.run.AveragingSettings;

/**
 * What a round computes, however its bytes travel: contributions are encoded, decoded and added up, averages are encoded and decoded,
 * and whoever makes or gets an average hashes it. No signatures, no messages, nobody waits; as many threads as there are processors.
 */
final class LeastWork implements AutoCloseable {
    private static final int PART = AveragingSettings.defaults().partElements();

    private final int peers;
    private final float[] gradient;
    private final Codec codec;
    private final int threads = Runtime.getRuntime().availableProcessors();
    private final ExecutorService pool = Executors.newFixedThreadPool(threads);

    /** @param gradient read only */
    LeastWork(int peers, float[] gradient, String codec) {
        this.peers = peers;
        this.gradient = gradient;
        this.codec = Codec.named(codec);
    }

    /** Does the work of all peers in one round. Returns the seconds that it took. */
    double seconds() throws Exception {
        List<Callable<Void>> shares = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            int first = thread;
            shares.add(() -> {
                Bench bench = new Bench();
                for (int part = first; part * (long) PART < gradient.length; part += threads) {
                    bench.average(part * PART, Math.min(PART, gradient.length - part * PART));
                }
                return null;
            });
        }
        long began = System.nanoTime();
        for (Future<Void> share : pool.invokeAll(shares)) {
            share.get();
        }
        return (System.nanoTime() - began) / 1e9;
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }

    /** What a thread works with. */
    private final class Bench {
        private final float[] mean = new float[PART];
        private final float[] decoded = new float[PART];
        private final ByteBuffer encoded = ByteBuffer.allocate(PART * Float.BYTES);
        private final MessageDigest hash = Hashes.newSha256();

        /** All that the peers do with one part. */
        void average(int offset, int elements) {
            Codec ofPart = codec.forPart(TensorSizes.single(gradient.length), offset, elements);
            float weight = 1f / peers;
            for (int i = 0; i < elements; i++) {
                mean[i] = weight * gradient[offset + i];
            }
            for (int sender = 1; sender < peers; sender++) {
                encode(ofPart, gradient, offset, elements);
                decode(ofPart, elements);
                for (int i = 0; i < elements; i++) {
                    mean[i] += weight * decoded[i];
                }
            }
            encode(ofPart, mean, 0, elements);
            for (int receiver = 0; receiver < peers; receiver++) {
                hash.update(encoded.array(), 0, encoded.limit());
                hash.digest();
                decode(ofPart, elements);
            }
        }

        private void encode(Codec ofPart, float[] values, int offset, int elements) {
            encoded.clear();
            ofPart.encode(values, offset, elements, encoded);
            encoded.flip();
        }

        private void decode(Codec ofPart, int elements) {
            ofPart.decode(encoded.duplicate(), decoded, 0, elements);
        }
    }
}
