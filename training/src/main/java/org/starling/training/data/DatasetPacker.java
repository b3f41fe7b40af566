package org.starling.training.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;

/**
 * Makes a {@link TextImageDataset} from images with captions: divides by group, learns the codebook from the training
 * images, encodes, writes shards.
 *
 * @param name of the dataset
 * @param imageSize side in pixels to scale images to
 * @param patchSize side of a patch in pixels
 * @param codebookSize number of codes
 * @param validation part of the groups to hold out, in (0, 1)
 * @param shardRows rows of a shard
 * @param seed decides the division and the codebook
 * @param attribution who made the images and under which licence
 */
record DatasetPacker(
        String name,
        int imageSize,
        int patchSize,
        int codebookSize,
        double validation,
        int shardRows,
        long seed,
        String attribution) {

    DatasetPacker {
        require(name.matches("[a-z0-9]+(-[a-z0-9]+)*"), "the name must be lower-case words joined by hyphens");
        require(patchSize >= 1 && patchSize <= 64, "the patch size must be between 1 and 64");
        require(
                imageSize >= patchSize && imageSize <= 1024 && imageSize % patchSize == 0,
                "the image size must be a multiple of the patch size, at most 1024");
        require(codebookSize >= 2 && codebookSize <= 1 << 16, "the codebook must have between 2 and 65536 codes");
        require(validation > 0 && validation < 1, "the part for validation must be between 0 and 1");
        require(shardRows >= 1, "a shard must have at least one row");
        require(!attribution.isBlank(), "the attribution must say who made the images and under which licence");
    }

    /** Reads all images, writes all files to {@code out}, a folder that is made. */
    DatasetDescription pack(Path images, List<CaptionsFile.Caption> captions, Path out) throws IOException {
        if (Files.exists(out.resolve(TextImageDataset.DESCRIPTION))) {
            throw new IOException(out + " already holds a dataset: remove it or choose another folder");
        }
        Map<String, BufferedImage> scaled = scale(images, captions);
        Set<String> heldOut = heldOutGroups(captions);
        Map<Boolean, List<CaptionsFile.Caption>> split = new LinkedHashMap<>();
        split.put(false, new ArrayList<>());
        split.put(true, new ArrayList<>());
        captions.forEach(caption -> split.computeIfAbsent(heldOut.contains(caption.group()), key -> new ArrayList<>())
                .add(caption));
        List<CaptionsFile.Caption> training = split.getOrDefault(false, List.of());
        List<CaptionsFile.Caption> held = split.getOrDefault(true, List.of());

        Codebook codebook = learnCodebook(training, scaled);
        Map<String, int[]> codes = new LinkedHashMap<>();
        scaled.forEach((image, pixels) -> codes.put(image, codebook.encode(pixels)));

        Files.createDirectories(out);
        byte[] png = codebook.toPng();
        Files.write(out.resolve(TextImageDataset.CODEBOOK), png);
        List<String> trainingShards = writeShards(out, "train", training, codes);
        List<String> validationShards = writeShards(out, "validation", held, codes);
        List<byte[]> shards = new ArrayList<>();
        for (String shard : trainingShards) {
            shards.add(Files.readAllBytes(out.resolve(shard)));
        }
        for (String shard : validationShards) {
            shards.add(Files.readAllBytes(out.resolve(shard)));
        }
        DatasetDescription description = new DatasetDescription(
                DatasetDescription.FORMAT,
                name,
                imageSize,
                patchSize,
                codebook.size(),
                trainingShards,
                validationShards,
                training.size(),
                held.size(),
                scaled.size(),
                Math.round(100 * decibels(scaled, codes, codebook)) / 100.0,
                attribution,
                TextImageDataset.digestOf(png, shards));
        Files.writeString(
                out.resolve(TextImageDataset.DESCRIPTION),
                TextImageDataset.JSON.writeValueAsString(description) + "\n");
        return description;
    }

    private Map<String, BufferedImage> scale(Path images, List<CaptionsFile.Caption> captions) throws IOException {
        Path root = images.toRealPath();
        Map<String, BufferedImage> scaled = new LinkedHashMap<>();
        for (CaptionsFile.Caption caption : captions) {
            if (!scaled.containsKey(caption.image())) {
                Path file = root.resolve(caption.image()).normalize();
                BufferedImage image =
                        file.startsWith(root) && Files.isRegularFile(file) ? ImageIO.read(file.toFile()) : null;
                if (image == null) {
                    throw new IOException(
                            "caption line " + caption.line() + ": " + file
                                    + " is missing, outside of the folder, or not an image that Java reads (PNG, JPEG, GIF, BMP)");
                }
                scaled.put(caption.image(), ImageScaler.fitOnWhite(image, imageSize));
            }
        }
        return scaled;
    }

    private Set<String> heldOutGroups(List<CaptionsFile.Caption> captions) throws IOException {
        Set<String> groups = new LinkedHashSet<>();
        captions.forEach(caption -> groups.add(caption.group()));
        int count = (int) Math.max(1, Math.round(groups.size() * validation));
        if (groups.size() < 2 || count == groups.size()) {
            throw new IOException(
                    "there are too few groups (" + groups.size() + ") to hold out a part of them for validation");
        }
        return Set.copyOf(groups.stream()
                .sorted(Comparator.comparing(this::hash))
                .limit(count)
                .toList());
    }

    private String hash(String group) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256")
                            .digest((seed + " " + group).getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private Codebook learnCodebook(List<CaptionsFile.Caption> training, Map<String, BufferedImage> scaled) {
        Set<String> images = new LinkedHashSet<>();
        training.forEach(caption -> images.add(caption.image()));
        List<int[]> patches = new ArrayList<>();
        scaled.forEach((image, pixels) -> {
            if (images.contains(image)) {
                patches.addAll(List.of(Codebook.patches(pixels, patchSize)));
            }
        });
        return new Codebook(patchSize, new PatchClustering(patches).cluster(codebookSize, seed));
    }

    private List<String> writeShards(
            Path out, String split, List<CaptionsFile.Caption> captions, Map<String, int[]> codes) throws IOException {
        List<CaptionedImage> samples = new ArrayList<>();
        for (CaptionsFile.Caption caption : captions) {
            String text = ByteTokenizer.normalize(caption.caption());
            if (text.isEmpty()) {
                throw new IOException("caption line " + caption.line() + ": the caption is blank");
            }
            samples.add(new CaptionedImage(
                    caption.image(), caption.group(), text, codes.getOrDefault(caption.image(), new int[0])));
        }
        int count = (samples.size() + shardRows - 1) / shardRows;
        List<String> names = new ArrayList<>();
        for (int shard = 0; shard < count; shard++) {
            String file = String.format(Locale.ROOT, "%s-%05d-of-%05d.parquet", split, shard, count);
            Files.deleteIfExists(out.resolve(file));
            ParquetShards.write(
                    out.resolve(file),
                    samples.subList(shard * shardRows, Math.min(samples.size(), (shard + 1) * shardRows)));
            names.add(file);
        }
        return names;
    }

    private double decibels(Map<String, BufferedImage> scaled, Map<String, int[]> codes, Codebook codebook) {
        Collection<String> names = scaled.keySet();
        double squares = 0;
        long values = 0;
        for (String name : names) {
            BufferedImage decoded = codebook.decode(codes.getOrDefault(name, new int[0]), imageSize / patchSize);
            int[][] expected = Codebook.patches(scaled.getOrDefault(name, decoded), patchSize);
            int[][] actual = Codebook.patches(decoded, patchSize);
            for (int i = 0; i < expected.length; i++) {
                for (int d = 0; d < expected[i].length; d++) {
                    double difference = expected[i][d] - actual[i][d];
                    squares += difference * difference;
                    values++;
                }
            }
        }
        return 10 * Math.log10(255.0 * 255.0 * values / squares);
    }

    private static void require(boolean condition, String rule) {
        if (!condition) {
            throw new IllegalArgumentException(rule);
        }
    }
}
