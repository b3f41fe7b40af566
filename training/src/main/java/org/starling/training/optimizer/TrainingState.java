package org.starling.training.optimizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * All that a replica is: the step counter, the parameters, and the optimizer's slots (for LAMB the two moments).
 *
 * <p>The canonical bytes, little-endian: {@code u64 step, u64 n, parameters f32[n], slot 0 f32[n], slot 1 f32[n], ...}.
 * They are never materialized as a whole: {@link #read} copies any range, {@link Assembler} puts ranges together.
 *
 * <p>A mutable buffer, not thread-safe. Who serves the state to others while training goes on keeps two and lets
 * {@link Optimizer#step} write from one into the other.
 */
public final class TrainingState {
    /** Bytes before the first parameter: step and number of parameters. */
    public static final int HEADER_BYTES = 16;

    private long step;
    private final float[] parameters;
    private final float[][] slots;

    private TrainingState(long step, float[] parameters, float[][] slots) {
        this.step = step;
        this.parameters = parameters;
        this.slots = slots;
    }

    /**
     * The state before the first step: the given parameters, all slots zero.
     *
     * @param parameters flat parameters; copied
     * @param slots number of slots, see {@link Optimizer#slots()}
     */
    public static TrainingState initial(float[] parameters, int slots) {
        requireFinite(parameters, "parameters");
        return new TrainingState(0, parameters.clone(), new float[slots][parameters.length]);
    }

    /** A state of the given values, which are taken over, not copied; all must be finite and of one length. */
    public static TrainingState of(long step, float[] parameters, float[]... slots) {
        if (step < 0) {
            throw new IllegalArgumentException("a state's step cannot be negative: " + step);
        }
        requireFinite(parameters, "parameters");
        for (int i = 0; i < slots.length; i++) {
            if (slots[i].length != parameters.length) {
                throw new IllegalArgumentException("slot " + i + " has " + slots[i].length + " values where there are "
                        + parameters.length + " parameters");
            }
            requireFinite(slots[i], "slot " + i);
        }
        return new TrainingState(step, parameters, slots.clone());
    }

    /** Number of bytes of the canonical form of a state with {@code n} parameters. */
    public static long byteLength(int n, int slots) {
        return HEADER_BYTES + (long) Float.BYTES * n * (1 + slots);
    }

    /** Optimizer steps taken so far. */
    public long step() {
        return step;
    }

    /** Number of parameters. */
    public int size() {
        return parameters.length;
    }

    /** The flat parameters, live: a caller reads them and does not write. */
    public float[] parameters() {
        return parameters;
    }

    /** Number of optimizer slots. */
    public int slotCount() {
        return slots.length;
    }

    /** One optimizer slot, {@code float[size()]}, live: a caller reads it and does not write. */
    public float[] slot(int index) {
        return slots[index];
    }

    /** Number of bytes of the canonical form. */
    public long byteLength() {
        return byteLength(size(), slots.length);
    }

    /** A deep copy. */
    public TrainingState copy() {
        float[][] copies = new float[slots.length][];
        for (int i = 0; i < slots.length; i++) {
            copies[i] = slots[i].clone();
        }
        return new TrainingState(step, parameters.clone(), copies);
    }

    /** Overwrites this state with another of the same size and slots. */
    public void copyFrom(TrainingState other) {
        requireSameShape(other);
        step = other.step;
        System.arraycopy(other.parameters, 0, parameters, 0, parameters.length);
        for (int i = 0; i < slots.length; i++) {
            System.arraycopy(other.slots[i], 0, slots[i], 0, parameters.length);
        }
    }

    /**
     * Copies canonical bytes into {@code target} until it is full.
     *
     * @param position first byte wanted
     * @param target receives {@code target.remaining()} bytes; its byte order is ignored and left as it was
     * @throws IndexOutOfBoundsException if the range is not within {@code [0, byteLength())}
     */
    public void read(long position, ByteBuffer target) {
        requireRange(position, target.remaining(), byteLength());
        ByteOrder order = target.order();
        target.order(ByteOrder.LITTLE_ENDIAN);
        while (target.hasRemaining()) {
            int within = (int) (position % Float.BYTES);
            if (position >= HEADER_BYTES && within == 0 && target.remaining() >= Float.BYTES) {
                long index = (position - HEADER_BYTES) / Float.BYTES;
                float[] values = arrayAt(index);
                int from = (int) (index % size());
                int count = Math.min(values.length - from, target.remaining() / Float.BYTES);
                target.asFloatBuffer().put(values, from, count);
                target.position(target.position() + count * Float.BYTES);
                position += (long) count * Float.BYTES;
            } else {
                target.put((byte) (wordAt(position - within) >>> (8 * within)));
                position++;
            }
        }
        target.order(order);
    }

    void advanceTo(long newStep) {
        step = newStep;
    }

    void requireSameShape(TrainingState other) {
        if (other.size() != size() || other.slots.length != slots.length) {
            throw new IllegalArgumentException("states differ in shape: " + size() + " parameters with " + slots.length
                    + " slots, and " + other.size() + " with " + other.slots.length);
        }
    }

    private int wordAt(long position) {
        if (position < HEADER_BYTES) {
            long field = position < Long.BYTES ? step : size();
            return (int) (position % Long.BYTES == 0 ? field : field >>> 32);
        }
        long index = (position - HEADER_BYTES) / Float.BYTES;
        return Float.floatToRawIntBits(arrayAt(index)[(int) (index % size())]);
    }

    private float[] arrayAt(long index) {
        int array = (int) (index / size());
        return array == 0 ? parameters : slots[array - 1];
    }

    private static void requireRange(long position, long length, long total) {
        if (position < 0 || position > total - length) {
            throw new IndexOutOfBoundsException(
                    "bytes [" + position + ", " + (position + length) + ") of a state of " + total + " bytes");
        }
    }

    private static void requireFinite(float[] values, String what) {
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IllegalArgumentException(what + " must be finite, but value " + i + " is " + values[i]);
            }
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrainingState state
                && step == state.step
                && Arrays.equals(parameters, state.parameters)
                && Arrays.deepEquals(slots, state.slots);
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(step) + Arrays.hashCode(parameters);
    }

    @Override
    public String toString() {
        return "TrainingState[step=" + step + ", parameters=" + size() + ", slots=" + slots.length + "]";
    }

    /**
     * Puts a state together from ranges of its canonical bytes, in any order; not thread-safe.
     *
     * <p>The caller has checked each range against the state's digest; this class checks what a digest cannot: that the
     * header fits the run and that all values are finite.
     */
    public static final class Assembler {
        private final ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        private final TrainingState state;
        private long written;

        /** For a state of {@code n} parameters and that many slots. */
        public Assembler(int n, int slots) {
            state = new TrainingState(0, new float[n], new float[slots][n]);
        }

        /** Number of bytes to be written in all. */
        public long byteLength() {
            return state.byteLength();
        }

        /**
         * Writes all remaining bytes of {@code source} at {@code position}; each byte must be written exactly once.
         *
         * @throws IllegalArgumentException if position or length is not a multiple of four
         * @throws IndexOutOfBoundsException if the range is not within the state
         */
        public void write(long position, ByteBuffer source) {
            requireRange(position, source.remaining(), byteLength());
            if (position % Float.BYTES != 0 || source.remaining() % Float.BYTES != 0) {
                throw new IllegalArgumentException(
                        "a range of a state must begin and end on a multiple of 4 bytes, not " + position + " and "
                                + (position + source.remaining()));
            }
            written += source.remaining();
            ByteBuffer bytes = source.slice().order(ByteOrder.LITTLE_ENDIAN);
            source.position(source.limit());
            while (bytes.hasRemaining()) {
                if (position < HEADER_BYTES) {
                    header.putInt((int) position, bytes.getInt());
                    position += Float.BYTES;
                } else {
                    long index = (position - HEADER_BYTES) / Float.BYTES;
                    float[] values = state.arrayAt(index);
                    int from = (int) (index % state.size());
                    int count = Math.min(values.length - from, bytes.remaining() / Float.BYTES);
                    bytes.asFloatBuffer().get(values, from, count);
                    bytes.position(bytes.position() + count * Float.BYTES);
                    position += (long) count * Float.BYTES;
                }
            }
        }

        /**
         * The finished state; the assembler is used up.
         *
         * @throws IllegalArgumentException if bytes are missing, the header does not fit, or a value is not finite
         */
        public TrainingState finish() {
            if (written != byteLength()) {
                throw new IllegalArgumentException(
                        "a state has " + byteLength() + " bytes, but " + written + " were written");
            }
            if (header.getLong(Long.BYTES) != state.size()) {
                throw new IllegalArgumentException("the state is of a model with " + header.getLong(Long.BYTES)
                        + " parameters; this run's model has " + state.size());
            }
            return of(header.getLong(0), state.parameters, state.slots);
        }
    }
}
