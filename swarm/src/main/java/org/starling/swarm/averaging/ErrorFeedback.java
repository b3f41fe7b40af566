package org.starling.swarm.averaging;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.identity.PeerId;

/**
 * What the codec has left out of a member's gradients, to be sent with the next one (error feedback: Seide et al., "1-Bit
 * Stochastic Gradient Descent", 2014; Karimireddy et al., "Error Feedback Fixes SignSGD", 2019, algorithm 2). So nothing is lost
 * for good, it comes late.
 *
 * <p>A remainder has one owner at a time. Between rounds it is here; {@link #addTo} moves it into a gradient, whose fate it
 * shares: where the round is void it is given back with the gradient, and where the gradient is lost it is lost too. After a
 * round that used the gradient {@link #keep} takes what that one left out. It is kept as a sum over samples, as gradients are
 * weighted by them.
 *
 * <p>Holds {@code float[elements]} from the first remainder on. Its methods are heavy; they are called on workers, never two at
 * once.
 */
public final class ErrorFeedback {
    private float[] remainder = new float[0];
    private boolean empty = true;

    /**
     * Adds what is left from earlier rounds, of which nothing is left then.
     *
     * @param mean {@code float[elements]}: the mean of the gradient over the samples; changed in place, stays finite
     */
    public void addTo(float[] mean, long samples) {
        if (empty) {
            return;
        }
        empty = true;
        for (int i = 0; i < mean.length; i++) {
            mean[i] = finite(mean[i] + remainder[i] / samples);
        }
    }

    /**
     * Takes what a committed round left out: the difference between the gradient and what its bytes say, in every part of which
     * the member is and which it does not reduce itself (its own gradient goes into that as it is).
     *
     * @param gradient {@code float[elements]}: what the member brought to the round, with what was {@link #addTo added}
     * @param samples over which that is the mean
     */
    public void keep(Group group, PeerId member, float[] gradient, long samples, AveragedGradient result) {
        int self = group.indexOf(member);
        Group.Subgroup subgroup = group.subgroupOf(self);
        if (remainder.length == 0) {
            remainder = new float[gradient.length];
        }
        empty = false;
        for (Group.Part part : group.parts()) {
            BitSet included = MemberSets.decode(result.parts().get(part.index()).getIncluded());
            if (included.get(self) && part.reducers(subgroup).get(0) != self) {
                leaveOut(group.codec(part), gradient, part.offset(), part.elements(), samples);
            } else {
                Arrays.fill(remainder, part.offset(), part.offset() + part.elements(), 0);
            }
        }
    }

    private void leaveOut(Codec codec, float[] gradient, int offset, int elements, long samples) {
        byte[] sent = codec.encode(gradient, offset, elements);
        codec.decode(ByteBuffer.wrap(sent), remainder, offset, elements);
        for (int i = offset; i < offset + elements; i++) {
            remainder[i] = finite((gradient[i] - remainder[i]) * samples);
        }
    }

    private static float finite(float sum) {
        return Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, sum));
    }

    /** Lets go of the remainder: it belongs to a state that the swarm has left. */
    public void forget() {
        empty = true;
    }
}
