package org.starling.swarm.state;

import java.nio.ByteBuffer;

/** A state in its canonical byte form. Reading is safe for several threads while the state does not change. */
public interface StateBytes {
    long size();

    /**
     * Fills the buffer's remaining space with the bytes from the offset on.
     *
     * @throws IndexOutOfBoundsException if that reaches beyond the end
     */
    void read(long offset, ByteBuffer target);
}
