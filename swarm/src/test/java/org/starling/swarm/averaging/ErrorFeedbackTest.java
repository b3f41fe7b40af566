package org.starling.swarm.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.proto.PartReply;

class ErrorFeedbackTest {
    private static final int ELEMENTS = 1000;
    private static final int MEMBERS = 4;

    private final List<PeerIdentity> identities =
            Stream.generate(PeerIdentity::create).limit(MEMBERS).toList();
    private final Group group = group("blockwise4");

    /** Four reachable members, each of which reduces a quarter in two parts. */
    private Group group(String codec) {
        return Groups.of(identities, new byte[16], codec, ELEMENTS, 125);
    }

    private static float[] normal(int seed) {
        Random random = new Random(seed);
        float[] values = new float[ELEMENTS];
        for (int i = 0; i < ELEMENTS; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** What the bytes of a gradient's part say. */
    private float[] decoded(float[] gradient) {
        float[] values = new float[ELEMENTS];
        for (Group.Part part : group.parts()) {
            Codec codec = group.codec(part);
            byte[] bytes = codec.encode(gradient, part.offset(), part.elements());
            codec.decode(ByteBuffer.wrap(bytes), values, part.offset(), part.elements());
        }
        return values;
    }

    /** A result in which a member is in those parts only. */
    private AveragedGradient resultWith(int member, BitSet parts) {
        List<PartReply> replies = new ArrayList<>();
        for (Group.Part part : group.parts()) {
            BitSet included = new BitSet();
            included.set(0, MEMBERS);
            included.set(member, parts.get(part.index()));
            replies.add(PartReply.newBuilder()
                    .setIncluded(ByteString.copyFrom(included.toByteArray()))
                    .build());
        }
        return new AveragedGradient(new float[ELEMENTS], replies, Digest.ZERO);
    }

    private BitSet allParts() {
        BitSet parts = new BitSet();
        parts.set(0, group.parts().size());
        return parts;
    }

    private static void requireClose(float[] actual, int index, double expected) {
        assertThat((double) actual[index]).as("element %d", index).isCloseTo(expected, within(1e-5));
    }

    @Test
    void whatIsLeftOutOfWhatWasSentGoesWithTheNextGradient() {
        ErrorFeedback feedback = new ErrorFeedback();
        float[] first = normal(1);
        float[] sent = decoded(first);
        feedback.keep(group, identities.get(2).id(), first, 12, resultWith(2, allParts()));

        float[] next = normal(2);
        feedback.addTo(next, 24);

        float[] fresh = normal(2);
        int reducedHere = 0;
        for (Group.Part part : group.parts()) {
            boolean own = part.reducers(group.subgroupOf(2)).get(0) == 2;
            reducedHere += own ? 1 : 0;
            for (int i = part.offset(); i < part.offset() + part.elements(); i++) {
                // 12 samples' worth of it, spread over 24; of a part that the member reduces nothing was left out
                requireClose(next, i, own ? fresh[i] : fresh[i] + (first[i] - (double) sent[i]) * 12 / 24);
            }
        }
        assertThat(reducedHere).isEqualTo(2);

        float[] afterwards = normal(3);
        feedback.addTo(afterwards, 24);
        assertThat(afterwards).as("it has gone with the gradient before").isEqualTo(normal(3));
    }

    @Test
    void ofAPartThatTheMemberIsNotInNothingIsKept() {
        BitSet some = new BitSet();
        some.set(0, 4);
        ErrorFeedback feedback = new ErrorFeedback();
        feedback.keep(group, identities.get(3).id(), normal(7), 10, resultWith(3, allParts()));
        float[] first = normal(1);
        feedback.keep(group, identities.get(3).id(), first, 10, resultWith(3, some));

        float[] next = new float[ELEMENTS];
        feedback.addTo(next, 10);

        float[] sent = decoded(first);
        for (int i = 0; i < ELEMENTS; i++) {
            requireClose(next, i, i < 500 ? first[i] - (double) sent[i] : 0);
        }
    }

    @Test
    void aStateThatTheSwarmHasLeftTakesItAlong() {
        ErrorFeedback feedback = new ErrorFeedback();
        feedback.keep(group, identities.get(1).id(), normal(1), 10, resultWith(1, allParts()));

        feedback.forget();

        float[] next = normal(2);
        feedback.addTo(next, 10);
        assertThat(next).isEqualTo(normal(2));
    }

    @Test
    void sumsStayFinite() {
        float[] greatest = new float[ELEMENTS];
        for (int i = 0; i < ELEMENTS; i++) {
            greatest[i] = i % 2 == 0 ? Float.MAX_VALUE : 0.85f * Float.MAX_VALUE;
        }
        ErrorFeedback feedback = new ErrorFeedback();
        feedback.keep(group, identities.get(1).id(), greatest, 1L << 30, resultWith(1, allParts()));

        feedback.addTo(greatest, 1);

        for (float value : greatest) {
            assertThat(Float.isFinite(value)).isTrue();
        }
    }

    @Test
    void withItCoarseGradientsReachTheMinimumThatTheyMissWithoutIt() {
        double without = distanceFromMinimum(false);
        double with = distanceFromMinimum(true);

        assertThat(with).isLessThan(without / 8);
    }

    /**
     * Gradient descent on the mean of the members' quadratics, whose minima differ, through four bits a value; how far from
     * the common minimum it ends, relative to the beginning.
     */
    private double distanceFromMinimum(boolean feedback) {
        float[][] minima = new float[MEMBERS][];
        float[] curvature = normal(99);
        List<ErrorFeedback> feedbacks = new ArrayList<>();
        long samples = 0;
        for (int m = 0; m < MEMBERS; m++) {
            minima[m] = normal(m);
            feedbacks.add(new ErrorFeedback());
            samples += group.members().get(m).samples();
        }
        float[] x = new float[ELEMENTS];
        for (int epoch = 0; epoch < 400; epoch++) {
            float rate = epoch < 200 ? 0.2f : 0.02f;
            float[] average = new float[ELEMENTS];
            for (int m = 0; m < MEMBERS; m++) {
                long own = group.members().get(m).samples();
                float[] gradient = new float[ELEMENTS];
                for (int i = 0; i < ELEMENTS; i++) {
                    gradient[i] = (1 + 0.5f * (float) StrictMath.tanh(curvature[i])) * (x[i] - minima[m][i]);
                }
                feedbacks.get(m).addTo(gradient, own);
                float[] sent = decoded(gradient);
                for (Group.Part part : group.parts()) {
                    float[] used = part.reducers(group.subgroupOf(m)).get(0) == m ? gradient : sent;
                    for (int i = part.offset(); i < part.offset() + part.elements(); i++) {
                        average[i] += used[i] * own / samples;
                    }
                }
                if (feedback) {
                    feedbacks.get(m).keep(group, identities.get(m).id(), gradient, own, resultWith(m, allParts()));
                }
            }
            float[] received = decoded(average);
            for (int i = 0; i < ELEMENTS; i++) {
                x[i] -= rate * received[i];
            }
        }
        double distance = 0;
        double beginning = 0;
        for (int i = 0; i < ELEMENTS; i++) {
            double minimum = 0;
            for (int m = 0; m < MEMBERS; m++) {
                minimum += (double) minima[m][i] * group.members().get(m).samples() / samples;
            }
            distance += (x[i] - minimum) * (x[i] - minimum);
            beginning += minimum * minimum;
        }
        return Math.sqrt(distance / beginning);
    }
}
