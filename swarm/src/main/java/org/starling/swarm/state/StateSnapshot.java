package org.starling.swarm.state;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;

/** A copy of a state in memory, chunk by chunk, that matches its description. Immutable once complete. */
public final class StateSnapshot implements StateBytes {
    private final StateDescription description;
    private final byte[][] chunks;

    private StateSnapshot(StateDescription description, byte[][] chunks) {
        this.description = description;
        this.chunks = chunks;
    }

    /** Copies and hashes a state. */
    public static StateSnapshot copyOf(StateBytes state) {
        List<Digest> hashes = new ArrayList<>();
        int count = Math.toIntExact((state.size() + StateDescription.CHUNK_BYTES - 1) / StateDescription.CHUNK_BYTES);
        byte[][] chunks = new byte[count][];
        for (int i = 0; i < count; i++) {
            long offset = (long) i * StateDescription.CHUNK_BYTES;
            chunks[i] = new byte[(int) Math.min(StateDescription.CHUNK_BYTES, state.size() - offset)];
            state.read(offset, ByteBuffer.wrap(chunks[i]));
            hashes.add(Digest.of(Hashes.sha256(chunks[i])));
        }
        return new StateSnapshot(new StateDescription(state.size(), StateDescription.CHUNK_BYTES, hashes), chunks);
    }

    /** An empty snapshot that is to be filled with verified chunks. */
    static StateSnapshot of(StateDescription description) {
        return new StateSnapshot(description, new byte[description.chunks().size()][]);
    }

    /** Whether the bytes are the chunk; then they belong to the snapshot. */
    boolean put(int chunk, byte[] bytes) {
        if (bytes.length != description.length(chunk)
                || !Digest.of(Hashes.sha256(bytes)).equals(description.chunks().get(chunk))) {
            return false;
        }
        chunks[chunk] = bytes;
        return true;
    }

    public StateDescription description() {
        return description;
    }

    /** The bytes of a chunk, not to be changed. */
    public byte[] chunk(int index) {
        return chunks[index];
    }

    @Override
    public long size() {
        return description.bytes();
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        if (offset < 0 || offset + target.remaining() > size()) {
            throw new IndexOutOfBoundsException(
                    "From " + offset + " there are no " + target.remaining() + " bytes in a state of " + size());
        }
        while (target.hasRemaining()) {
            byte[] chunk = chunks[(int) (offset / description.chunkBytes())];
            int from = (int) (offset % description.chunkBytes());
            int length = Math.min(chunk.length - from, target.remaining());
            target.put(chunk, from, length);
            offset += length;
        }
    }
}
