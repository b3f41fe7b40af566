package org.starling.metrics.gallery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.starling.metrics.testing.SimulatedSwarm;

class PngCheckTest {
    private final byte[] png = SimulatedSwarm.picture(7);

    @Test
    void acceptsAPicture() {
        assertThat(PngCheck.problem(png)).isEmpty();
    }

    @Test
    void refusesEveryTruncation() {
        for (int length = 0; length < png.length; length++) {
            assertThat(PngCheck.problem(Arrays.copyOf(png, length))).isPresent();
        }
    }

    @Test
    void refusesWhatIsNoPictureOrCarriesMore() {
        assertThat(PngCheck.problem("<svg onload=alert(1)>".getBytes())).contains("a picture that is no PNG");
        assertThat(PngCheck.problem(Arrays.copyOf(png, png.length + 1))).contains("a PNG with bytes after its end");
        assertThat(PngCheck.problem(new byte[PngCheck.MAX_BYTES + 1])).isPresent();
        byte[] flipped = png.clone();
        flipped[50] ^= 1;
        assertThat(PngCheck.problem(flipped)).isPresent();
    }

    @Test
    void refusesHugeDimensions() {
        byte[] huge = png.clone();
        ByteBuffer bytes = ByteBuffer.wrap(huge).putInt(16, 100_000);
        CRC32 crc = new CRC32();
        crc.update(huge, 12, 17);
        bytes.putInt(29, (int) crc.getValue());
        assertThat(PngCheck.problem(huge)).hasValueSatisfying(p -> assertThat(p).contains("pixels a side"));
    }
}
