package org.starling.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The dataset that is committed, as every peer of the demo reads it. */
class TwemojiTest {
    private final TextImageDataset twemoji = TextImageDataset.named("twemoji");

    @Test
    void isCompleteAndUndamaged() {
        DatasetDescription description = twemoji.description();

        assertThat(twemoji.training()).hasSize(description.trainingSamples()).hasSize(5327);
        assertThat(twemoji.validation())
                .hasSize(description.validationSamples())
                .hasSize(256);
        assertThat(description.images()).isEqualTo(3786);
        assertThat(description.decibels()).isGreaterThan(21);
        assertThat(description.attribution()).contains("Twitter", "CC-BY 4.0");
        assertThat(twemoji.codebook().size()).isEqualTo(512);
    }

    @Test
    void noBaseEmojiIsInBothParts() {
        Set<String> shared = values(twemoji.training(), true);
        shared.retainAll(values(twemoji.validation(), true));
        Set<String> sharedImages = values(twemoji.training(), false);
        sharedImages.retainAll(values(twemoji.validation(), false));

        assertThat(shared).isEmpty();
        assertThat(sharedImages).isEmpty();
        assertThat(values(twemoji.validation(), true)).hasSizeGreaterThan(70);
    }

    /** Recomputes the groups from the images' names: what was stored could itself be wrong. */
    @Test
    void noSkinToneOrGenderOfAnEmojiIsInTheOtherPart() {
        Set<String> training = twemoji.training().stream()
                .map(sample -> baseEmoji(sample.image()))
                .collect(Collectors.toCollection(HashSet::new));

        assertThat(twemoji.validation())
                .allSatisfy(sample -> assertThat(training).doesNotContain(baseEmoji(sample.image())));
        assertThat(baseEmoji("1f3c3-1f3fe-200d-2640-fe0f.png")).isEqualTo(baseEmoji("1f3c3.png"));
        assertThat(baseEmoji("1f469-1f3fb-200d-1f33e.png")).isEqualTo(baseEmoji("1f9d1-200d-1f33e.png"));
    }

    @Test
    void codesAreThoseOfTheDecodedImage() {
        for (CaptionedImage sample : twemoji.validation().subList(0, 50)) {
            BufferedImage image = twemoji.codebook().decode(sample.codes(), 8);

            assertThat(image.getWidth()).isEqualTo(32);
            assertThat(image.getHeight()).isEqualTo(32);
            assertThat(twemoji.codebook().decode(twemoji.codebook().encode(image), 8))
                    .satisfies(again -> assertThat(pixels(again)).isEqualTo(pixels(image)));
        }
    }

    @Test
    void captionsAreNormalized() {
        assertThat(twemoji.training())
                .allSatisfy(sample ->
                        assertThat(sample.caption()).isNotBlank().isEqualTo(ByteTokenizer.normalize(sample.caption())));
        assertThat(twemoji.training())
                .anySatisfy(sample -> assertThat(sample.caption()).isEqualTo("heavy black heart"));
    }

    private static Set<String> values(List<CaptionedImage> samples, boolean groups) {
        return samples.stream()
                .map(sample -> groups ? sample.group() : sample.image())
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static String baseEmoji(String image) {
        return image.replace(".png", "")
                .replaceAll("-(1f3f[b-f]|200d|fe0f|2640|2642)", "")
                .replaceAll("1f46[89]", "1f9d1")
                .replaceAll("1f46[67]", "1f9d2");
    }

    private static int[] pixels(BufferedImage image) {
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }
}
