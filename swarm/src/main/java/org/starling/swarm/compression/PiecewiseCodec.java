package org.starling.swarm.compression;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.List;

/** Encodes vectors of one length piece by piece, each with a codec of its own, one after another. */
final class PiecewiseCodec implements Codec {
    private final String name;
    private final List<Piece> pieces;
    private final int elements;
    private final int bytes;

    record Piece(Codec codec, int elements) {
        int bytes() {
            return codec.encodedBytes(elements);
        }
    }

    PiecewiseCodec(String name, List<Piece> pieces) {
        this.name = name;
        this.pieces = List.copyOf(pieces);
        this.elements = pieces.stream().mapToInt(Piece::elements).sum();
        this.bytes = pieces.stream().mapToInt(Piece::bytes).reduce(0, Math::addExact);
    }

    @Override
    public String name() {
        return name;
    }

    /** @throws IllegalArgumentException for another number of elements than the pieces have */
    @Override
    public int encodedBytes(int elements) {
        if (elements != this.elements) {
            throw new IllegalArgumentException(elements + " elements for a codec of " + this.elements);
        }
        return bytes;
    }

    @Override
    public void encode(float[] source, int offset, int elements, ByteBuffer target) {
        if (target.remaining() < encodedBytes(elements)) {
            throw new BufferOverflowException();
        }
        int done = offset;
        for (Piece piece : pieces) {
            piece.codec.encode(source, done, piece.elements, target);
            done += piece.elements;
        }
    }

    @Override
    public void decode(ByteBuffer source, float[] target, int offset, int elements) {
        InvalidPayloadException.requireLength(encodedBytes(elements), source.remaining());
        int done = offset;
        for (Piece piece : pieces) {
            int length = piece.bytes();
            piece.codec.decode(source.slice(source.position(), length), target, done, piece.elements);
            source.position(source.position() + length);
            done += piece.elements;
        }
    }
}
