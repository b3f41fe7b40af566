package org.starling.training.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** {@code starling dataset emoji-captions}: captions for {@link PackDatasetCommand} from emoji-datasource's emoji.json. */
@Command(
        name = "emoji-captions",
        mixinStandardHelpOptions = true,
        description =
                "Writes a captions file (image, caption, group) from the emoji.json of the emoji-datasource packages. "
                        + "The group is the base emoji, without skin tone and gender.")
public final class EmojiCaptionsCommand implements Callable<Integer> {
    private static final Map<String, String> SKIN_TONES = Map.of(
            "1F3FB", "light",
            "1F3FC", "medium-light",
            "1F3FD", "medium",
            "1F3FE", "medium-dark",
            "1F3FF", "dark");

    /** Woman and man stand for person, girl and boy for child: gender variants of one emoji. */
    private static final Map<String, String> GENDERLESS = Map.of(
            "1F468", "1F9D1",
            "1F469", "1F9D1",
            "1F466", "1F9D2",
            "1F467", "1F9D2",
            "1F474", "1F9D3",
            "1F475", "1F9D3",
            "1F934", "1FAC5",
            "1F478", "1FAC5");

    /** Gender variants that have a code point of their own where others are composed. */
    private static final Map<String, String> SAME_GROUP = Map.ofEntries(
            Map.entry("1F385", "1F9D1-1F384"),
            Map.entry("1F936", "1F9D1-1F384"),
            Map.entry("1F46B", "1F9D1-1F91D-1F9D1"),
            Map.entry("1F46C", "1F9D1-1F91D-1F9D1"),
            Map.entry("1F46D", "1F9D1-1F91D-1F9D1"),
            Map.entry("1F491", "1F9D1-2764-1F9D1"),
            Map.entry("1F48F", "1F9D1-2764-1F48B-1F9D1"),
            Map.entry("1F57A", "1F483"),
            Map.entry("1F930", "1FAC4"),
            Map.entry("1FAC3", "1FAC4"));

    private static final String FAMILY = "1F46A";

    @Option(names = "--emoji", required = true, description = "emoji.json of emoji-datasource.")
    private @Nullable Path emoji;

    @Option(names = "--set", description = "Vendor whose images are wanted (default: ${DEFAULT-VALUE}).")
    private String set = "twitter";

    @Option(names = "--out", required = true, description = "Captions file to write, ending in .tsv.")
    private @Nullable Path out;

    @Spec
    private @Nullable CommandSpec spec;

    /** Runs the command; returns the exit code. */
    public static int run(String... arguments) {
        return new CommandLine(new EmojiCaptionsCommand()).execute(arguments);
    }

    @Override
    public Integer call() {
        if (emoji == null || out == null || spec == null) {
            throw new IllegalStateException("picocli fills required options");
        }
        try {
            List<String> lines = new ArrayList<>(List.of("image\tcaption\tgroup"));
            for (JsonNode entry : TextImageDataset.JSON.readTree(Files.readAllBytes(emoji))) {
                lines.addAll(linesOf(entry));
            }
            Files.write(out, lines);
            return CommandLine.ExitCode.OK;
        } catch (IOException | JacksonException e) {
            spec.commandLine().getErr().println("cannot make captions from " + emoji + ": " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }
    }

    private List<String> linesOf(JsonNode entry) {
        String group = groupOf(entry.path("unified").asString());
        List<String> lines = new ArrayList<>();
        addLines(lines, entry, "", captionsOf(entry), group);
        entry.path("skin_variations").forEachEntry((tones, variation) -> {
            List<String> names = new ArrayList<>();
            for (String tone : tones.split("-")) {
                names.add(SKIN_TONES.getOrDefault(tone, tone.toLowerCase(Locale.ROOT)));
            }
            String prefix = String.join(" and ", new LinkedHashSet<>(names)) + " skin ";
            addLines(lines, variation, prefix, captionsOf(entry), group);
        });
        return lines;
    }

    private void addLines(List<String> lines, JsonNode image, String prefix, Set<String> captions, String group) {
        if (image.path("has_img_" + set).asBoolean(false)) {
            captions.forEach(
                    caption -> lines.add(image.path("image").asString() + "\t" + prefix + caption + "\t" + group));
        }
    }

    private static Set<String> captionsOf(JsonNode entry) {
        Set<String> captions = new LinkedHashSet<>();
        captions.add(ByteTokenizer.normalize(entry.path("name").asString("").replace('_', ' ')));
        entry.path("short_names")
                .forEach(name -> captions.add(ByteTokenizer.normalize(
                        name.asString().replace('_', ' ').replace('-', ' '))));
        captions.remove("");
        return captions;
    }

    /** Code points without skin tones, gender signs, joiners and variation selectors; genders of people replaced. */
    static String groupOf(String unified) {
        List<String> points = new ArrayList<>();
        for (String point : unified.split("-")) {
            boolean modifier = SKIN_TONES.containsKey(point)
                    || Set.of("FE0F", "200D", "2640", "2642").contains(point);
            if (!modifier || unified.equals(point) || unified.equals(point + "-FE0F")) {
                points.add(GENDERLESS.getOrDefault(point, point));
            }
        }
        if (points.size() > 1 && Set.of("1F9D1", "1F9D2").containsAll(points)) {
            return FAMILY;
        }
        String group = String.join("-", points);
        return SAME_GROUP.getOrDefault(group, group);
    }
}
