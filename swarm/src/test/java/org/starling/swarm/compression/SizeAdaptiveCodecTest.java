package org.starling.swarm.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starling.swarm.compression.TensorSizes.Stretch;

class SizeAdaptiveCodecTest {
    private static final Codec CODEC = Codec.named("size-adaptive");
    private static final Codec SMALL = Codec.named("float16");
    private static final Codec LARGE = Codec.named("uniform8");

    private static byte[] concatenated(byte[]... pieces) {
        ByteBuffer all = ByteBuffer.allocate(
                Arrays.stream(pieces).mapToInt(p -> p.length).sum());
        for (byte[] piece : pieces) {
            all.put(piece);
        }
        return all.array();
    }

    @Test
    void aTensorOf65536ElementsIsSmall() {
        float[] source = new float[65_537];
        source[100] = 3;

        assertThat(CODEC.encode(source, 0, 65_536)).isEqualTo(SMALL.encode(source, 0, 65_536));
        assertThat(CODEC.encode(source, 0, 65_537)).isEqualTo(LARGE.encode(source, 0, 65_537));
    }

    @Test
    void eachTensorOfAPartIsEncodedAsItsWholeSizeSays() {
        TensorSizes tensors = new TensorSizes(List.of(10, 100_000, 1, 65_536, 70_000));
        float[] source = new float[tensors.elements()];
        Random random = new Random(4);
        for (int i = 0; i < source.length; i++) {
            source[i] = (float) random.nextGaussian();
        }
        // the last 20 of the large tensor, the single element, the small one and the first 30 of the last
        int offset = 10 + 100_000 - 20;
        int elements = 20 + 1 + 65_536 + 30;
        Codec part = CODEC.forPart(tensors, offset, elements);

        byte[] bytes = part.encode(source, offset, elements);
        float[] decoded = new float[elements];
        part.decode(ByteBuffer.wrap(bytes).asReadOnlyBuffer(), decoded, 0, elements);

        assertThat(bytes)
                .isEqualTo(concatenated(
                        LARGE.encode(source, offset, 20),
                        SMALL.encode(source, offset + 20, 1),
                        SMALL.encode(source, offset + 21, 65_536),
                        LARGE.encode(source, offset + 65_557, 30)));
        for (int i = 0; i < elements; i++) {
            boolean small = i >= 20 && i < 65_557;
            assertThat(Math.abs(decoded[i] - source[offset + i]))
                    .isLessThanOrEqualTo(
                            small ? Float16Codec.MAX_RELATIVE_ERROR * Math.abs(source[offset + i]) : 0.02f);
        }
        assertThat(part.name()).isEqualTo("size-adaptive");
        assertThatThrownBy(() -> part.decode(ByteBuffer.wrap(bytes, 1, bytes.length - 1), decoded, 0, elements))
                .isInstanceOf(InvalidPayloadException.class);
        assertThatThrownBy(() -> part.encodedBytes(elements - 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void otherCodecsDoNotCareAboutTensors() {
        assertThat(LARGE.forPart(new TensorSizes(List.of(1, 2)), 0, 3)).isSameAs(LARGE);
    }

    @Test
    void stretchesCoverAPart() {
        TensorSizes tensors = new TensorSizes(List.of(3, 1, 5));

        assertThat(tensors.elements()).isEqualTo(9);
        assertThat(tensors.stretches(0, 9)).containsExactly(new Stretch(3, 3), new Stretch(1, 1), new Stretch(5, 5));
        assertThat(tensors.stretches(2, 3)).containsExactly(new Stretch(1, 3), new Stretch(1, 1), new Stretch(1, 5));
        assertThat(tensors.stretches(5, 2)).containsExactly(new Stretch(2, 5));
        assertThatThrownBy(() -> tensors.stretches(5, 5)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void tensorsThatCannotBeAreRefused() {
        assertThatThrownBy(() -> new TensorSizes(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TensorSizes(List.of(3, 0))).hasMessageContaining("0 elements after 3");
        assertThatThrownBy(() -> new TensorSizes(List.of(Integer.MAX_VALUE, 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
