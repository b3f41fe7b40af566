package org.starling.training.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starling.training.settings.InvalidSettingException;
import picocli.CommandLine;

class PackDatasetCommandTest {
    @TempDir
    Path folder;

    private Path captions;
    private String errors = "";

    @BeforeEach
    void drawSomeImages() throws IOException {
        Files.createDirectories(folder.resolve("images"));
        StringBuilder lines = new StringBuilder("image,caption,kind\n");
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            BufferedImage image = new BufferedImage(50, 40, BufferedImage.TYPE_INT_ARGB);
            Graphics2D graphics = image.createGraphics();
            graphics.setColor(new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256)));
            graphics.fillOval(random.nextInt(20), random.nextInt(20), 20, 20);
            ImageIO.write(image, "png", folder.resolve("images/" + i + ".png").toFile());
            lines.append(i)
                    .append(".png,\"Spot, the \"\"")
                    .append(i)
                    .append("\"\"\",")
                    .append(i / 2)
                    .append('\n');
        }
        captions = Files.writeString(folder.resolve("captions.csv"), lines);
    }

    @Test
    void packsWhatCanBeReadBack() throws IOException {
        assertThat(pack("--size", "16", "--codebook", "24", "--validation", "0.2", "--group-by", "kind"))
                .as(errors)
                .isZero();

        TextImageDataset dataset = TextImageDataset.inFolder(folder.resolve("spots"));
        assertThat(dataset.description().name()).isEqualTo("spots");
        assertThat(dataset.training()).hasSize(16);
        assertThat(dataset.validation()).hasSize(4);
        assertThat(dataset.validation().stream().map(CaptionedImage::group).distinct())
                .hasSize(2);
        assertThat(dataset.description().decibels()).isGreaterThan(15);
        CaptionedImage sample = dataset.training().get(0);
        assertThat(sample.caption()).matches("spot, the \"\\d+\"");
        BufferedImage original = ImageScaler.fitOnWhite(
                ImageIO.read(folder.resolve("images").resolve(sample.image()).toFile()), 16);
        assertThat(dataset.codebook().encode(original)).isEqualTo(sample.codes());
    }

    @Test
    void packsTheSameBytesAgainAndNeverOverAnotherDataset() throws IOException {
        assertThat(pack("--size", "16", "--codebook", "24", "--shard-rows", "5"))
                .as(errors)
                .isZero();
        String first = Files.readString(folder.resolve("spots/dataset.json"));
        assertThat(pack("--size", "16")).isEqualTo(1);
        assertThat(errors).contains("already holds a dataset");
        Files.delete(folder.resolve("spots/dataset.json"));

        assertThat(pack("--size", "16", "--codebook", "24", "--shard-rows", "5"))
                .isZero();

        assertThat(folder.resolve("spots/dataset.json")).hasContent(first);
        assertThat(first).contains("train-00003-of-00004.parquet");
    }

    @Test
    void aChangedShardIsNoticed() throws IOException {
        assertThat(pack("--size", "16", "--codebook", "24")).as(errors).isZero();
        Path shard = folder.resolve("spots/train-00000-of-00001.parquet");
        byte[] bytes = Files.readAllBytes(shard);
        bytes[bytes.length / 2] ^= 1;
        Files.write(shard, bytes);
        TextImageDataset dataset = TextImageDataset.inFolder(folder.resolve("spots"));

        assertThatThrownBy(dataset::training)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("a file was changed or damaged");
    }

    @Test
    void wrongArgumentsAndFilesAreExplained() throws IOException {
        assertThat(pack("--size", "30")).isEqualTo(2);
        assertThat(errors).contains("multiple of the patch size");
        assertThat(pack("--group-by", "color")).isEqualTo(1);
        assertThat(errors).contains("names the columns image, caption and color; it names [image, caption, kind]");

        Files.writeString(captions, "\uFEFFimage,caption\n0.png,a\nmissing.png,b\n");
        assertThat(pack()).isEqualTo(1);
        assertThat(errors).contains("caption line 3", "missing.png is missing");
        Files.write(captions, "image,caption\n0.png,caf\u00e9\n".getBytes(ISO_8859_1));
        assertThat(pack()).isEqualTo(1);
        assertThat(errors).contains("captions.csv is not in UTF-8");
        Files.delete(captions);
        assertThat(pack()).isEqualTo(1);
        assertThat(errors).contains("there is no file", "captions.csv");
        Files.writeString(captions, "image,caption\n../captions.csv,a\n");
        assertThat(pack()).isEqualTo(1);
        assertThat(errors).contains("outside of the folder");
        Files.writeString(captions, "image,caption\n0.png\n");
        assertThat(pack()).isEqualTo(1);
        assertThat(errors).contains("line 2 has 1 values for 2 columns");
        Files.writeString(captions, "image,caption\n0.png,\"a\n");
        assertThat(pack()).isEqualTo(1);
        assertThat(errors).contains("line 2 has a quote that is not closed");
        Files.writeString(captions, "image,caption\n0.png,a\n");
        assertThat(pack()).isEqualTo(1);
        assertThat(errors).contains("too few groups (1)");
    }

    @Test
    void anUnknownDatasetSaysWhereWasLooked() {
        assertThatThrownBy(() -> TextImageDataset.named("nothing"))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("dataset 'nothing' is not built in and there is no ");
        assertThatThrownBy(() -> TextImageDataset.named("../etc")).hasMessageContaining("lower-case letters");
    }

    @Test
    void emojiCaptionsNameSkinTonesAndGroupGenders() throws IOException {
        Path emoji = Files.writeString(folder.resolve("emoji.json"), """
                [{"name":"WOMAN RUNNING","unified":"1F3C3-200D-2640-FE0F","image":"w.png","short_names":["woman-running"],
                  "has_img_twitter":true,"skin_variations":{"1F3FB":{"image":"w1.png","has_img_twitter":true},
                  "1F3FC":{"image":"w2.png","has_img_twitter":false}}},
                 {"name":"RUNNER","unified":"1F3C3","image":"r.png","short_names":["runner","running"],
                  "has_img_twitter":true}]
                """);
        Path out = folder.resolve("captions.tsv");

        assertThat(EmojiCaptionsCommand.run("--emoji", emoji.toString(), "--out", out.toString()))
                .isZero();

        assertThat(Files.readAllLines(out))
                .containsExactly(
                        "image\tcaption\tgroup",
                        "w.png\twoman running\t1F3C3",
                        "w1.png\tlight skin woman running\t1F3C3",
                        "r.png\trunner\t1F3C3",
                        "r.png\trunning\t1F3C3");
        assertThat(EmojiCaptionsCommand.groupOf("2640-FE0F")).isEqualTo("2640");
        assertThat(EmojiCaptionsCommand.groupOf("1F468-200D-1F469-200D-1F467")).isEqualTo("1F46A");
        assertThat(EmojiCaptionsCommand.groupOf("1F469-1F3FB-200D-1F33E")).isEqualTo("1F9D1-1F33E");
    }

    private int pack(String... options) {
        StringWriter output = new StringWriter();
        CommandLine command = new CommandLine(new PackDatasetCommand())
                .setOut(new PrintWriter(Writer.nullWriter()))
                .setErr(new PrintWriter(output, true));
        List<String> arguments = Stream.concat(
                        Stream.of(
                                "--images", folder.resolve("images").toString(),
                                "--captions", captions.toString(),
                                "--out", folder.resolve("spots").toString(),
                                "--attribution", "nobody"),
                        Arrays.stream(options))
                .toList();
        int code = command.execute(arguments.toArray(String[]::new));
        errors = output.toString();
        return code;
    }
}
