package org.starling.swarm.state;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;

/**
 * The hashes of a state's chunks. Their hash, together with the sizes, is the state's digest: a Merkle tree of two levels,
 * so that each chunk can be verified by itself.
 *
 * @param bytes length of the state
 * @param chunkBytes length of every chunk but the last
 */
public record StateDescription(long bytes, int chunkBytes, List<Digest> chunks) {
    /** 4 MiB: large enough to stream well, small enough to be asked for again. */
    public static final int CHUNK_BYTES = 4 << 20;

    private static final int MAX_CHUNKS = 1 << 16;
    private static final byte[] CONTEXT = "starling-state-v1".getBytes(StandardCharsets.US_ASCII);

    /** @throws IllegalArgumentException if the numbers do not fit together */
    public StateDescription {
        chunks = List.copyOf(chunks);
        if (bytes < 0
                || chunkBytes < 1
                || chunkBytes > CHUNK_BYTES
                || chunks.size() > MAX_CHUNKS
                || chunks.size() != (bytes + chunkBytes - 1) / chunkBytes) {
            throw new IllegalArgumentException(
                    "A state of " + bytes + " bytes does not have " + chunks.size() + " chunks of " + chunkBytes);
        }
    }

    /** Hashes a state. Takes about 1.5 s a GB. */
    public static StateDescription of(StateBytes state) {
        int count = Math.toIntExact((state.size() + CHUNK_BYTES - 1) / CHUNK_BYTES);
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, state.size()));
        Digest[] chunks = new Digest[count];
        for (int i = 0; i < count; i++) {
            long offset = (long) i * CHUNK_BYTES;
            buffer.clear().limit((int) Math.min(CHUNK_BYTES, state.size() - offset));
            state.read(offset, buffer);
            chunks[i] = Digest.of(Hashes.sha256(buffer.flip()));
        }
        return new StateDescription(state.size(), CHUNK_BYTES, List.of(chunks));
    }

    public Digest digest() {
        MessageDigest sha = Hashes.newSha256();
        sha.update(CONTEXT);
        sha.update(ByteBuffer.allocate(12).putLong(bytes).putInt(chunkBytes).flip());
        chunks.forEach(chunk -> sha.update(chunk.toBytes()));
        return Digest.of(sha.digest());
    }

    /** Where the chunk begins. */
    public long offset(int chunk) {
        return (long) chunk * chunkBytes;
    }

    /** How long the chunk is. */
    public int length(int chunk) {
        return (int) Math.min(chunkBytes, bytes - offset(chunk));
    }
}
