package org.starling.training.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starling.training.settings.InvalidSettingException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A packed dataset of captioned images: description, codebook, training and validation samples.
 *
 * <p>Opened by name: the demo's {@code twemoji} comes with this library; others are folders, of that name, in the folder
 * that the system property {@value #FOLDER_PROPERTY} or the environment variable {@value #FOLDER_VARIABLE} names, else in
 * {@code ./datasets}. A run's configuration carries the name and the digest, and each peer finds its own copy. Samples
 * load on first use. Thread-safe.
 */
public final class TextImageDataset {
    public static final String FOLDER_PROPERTY = "starling.datasets";
    public static final String FOLDER_VARIABLE = "STARLING_DATASETS";

    static final String DESCRIPTION = "dataset.json";
    static final String CODEBOOK = "codebook.png";
    static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private static final int MAX_FILE_BYTES = 512 << 20;

    private final Source source;
    private final DatasetDescription description;
    private @Nullable Content content;

    private TextImageDataset(Source source) throws IOException {
        this.source = source;
        this.description = readDescription(source);
    }

    /**
     * Opens a dataset by name.
     *
     * @throws InvalidSettingException if there is none or its description is unusable; the message says where was looked
     */
    public static TextImageDataset named(String name) {
        if (!name.matches("[a-z0-9]+(-[a-z0-9]+)*")) {
            throw new InvalidSettingException(
                    "dataset must be a name of lower-case letters, digits and hyphens, not '" + name + "'");
        }
        try {
            String resource = "/datasets/" + name + "/";
            if (TextImageDataset.class.getResource(resource + DESCRIPTION) != null) {
                return new TextImageDataset(file -> openResource(resource + file));
            }
            Path folder = datasetsFolder().resolve(name);
            if (!Files.isRegularFile(folder.resolve(DESCRIPTION))) {
                throw new InvalidSettingException("dataset '" + name + "' is not built in and there is no "
                        + folder.resolve(DESCRIPTION).toAbsolutePath() + "; pack one there or set " + FOLDER_VARIABLE);
            }
            return inFolder(folder);
        } catch (IOException e) {
            throw new InvalidSettingException("dataset '" + name + "' cannot be used: " + e.getMessage());
        }
    }

    /** Opens the dataset in a folder. */
    public static TextImageDataset inFolder(Path folder) throws IOException {
        return new TextImageDataset(file -> Files.newInputStream(folder.resolve(file)));
    }

    public DatasetDescription description() {
        return description;
    }

    public Codebook codebook() {
        return content().codebook();
    }

    /** Training samples, in the order of the shards. */
    public List<CaptionedImage> training() {
        return content().training();
    }

    /** Validation samples, in the order of the shards; no group of theirs is in the training samples. */
    public List<CaptionedImage> validation() {
        return content().validation();
    }

    static String digestOf(byte[] codebook, List<byte[]> shards) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(codebook);
            shards.forEach(digest::update);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private synchronized Content content() {
        Content loaded = content;
        if (loaded == null) {
            try {
                loaded = load();
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "dataset '" + description.name() + "' cannot be read: " + e.getMessage(), e);
            }
            content = loaded;
        }
        return loaded;
    }

    private Content load() throws IOException {
        byte[] codebook = read(source, CODEBOOK);
        List<byte[]> training = readAll(description.trainingShards());
        List<byte[]> validation = readAll(description.validationShards());
        List<byte[]> shards = new ArrayList<>(training);
        shards.addAll(validation);
        String digest = digestOf(codebook, shards);
        if (!digest.equals(description.digest())) {
            throw new IOException("its files have digest " + digest + ", but " + DESCRIPTION + " says "
                    + description.digest() + ": a file was changed or damaged");
        }
        return new Content(
                Codebook.ofPng(codebook, description.patchSize(), description.codebookSize()),
                parse(training),
                parse(validation));
    }

    private List<byte[]> readAll(List<String> names) throws IOException {
        List<byte[]> files = new ArrayList<>();
        for (String name : names) {
            files.add(read(source, name));
        }
        return files;
    }

    private List<CaptionedImage> parse(List<byte[]> shards) throws IOException {
        List<CaptionedImage> samples = new ArrayList<>();
        for (byte[] shard : shards) {
            samples.addAll(ParquetShards.read(shard, description.codesPerImage(), description.codebookSize()));
        }
        return List.copyOf(samples);
    }

    private static DatasetDescription readDescription(Source source) throws IOException {
        DatasetDescription description;
        try {
            description = JSON.readValue(read(source, DESCRIPTION), DatasetDescription.class);
        } catch (JacksonException e) {
            throw new IOException(DESCRIPTION + " is malformed: " + e.getOriginalMessage(), e);
        }
        if (description.format() != DatasetDescription.FORMAT
                || Objects.isNull(description.name())
                || Objects.isNull(description.digest())
                || Objects.isNull(description.trainingShards())
                || Objects.isNull(description.validationShards())
                || description.patchSize() < 1
                || description.imageSize() < description.patchSize()
                || description.imageSize() % description.patchSize() != 0
                || description.codebookSize() < 1
                || description.codebookSize() > 1 << 16) {
            throw new IOException(DESCRIPTION + " is not of format " + DatasetDescription.FORMAT + " or incomplete");
        }
        for (String shard : description.trainingShards()) {
            requirePlainName(shard);
        }
        for (String shard : description.validationShards()) {
            requirePlainName(shard);
        }
        return description;
    }

    private static void requirePlainName(String file) throws IOException {
        if (!file.matches("[a-z0-9][a-z0-9.-]*")) {
            throw new IOException(DESCRIPTION + " names a file that is not a plain name: '" + file + "'");
        }
    }

    private static byte[] read(Source source, String name) throws IOException {
        try (InputStream stream = source.open(name)) {
            byte[] bytes = stream.readNBytes(MAX_FILE_BYTES);
            if (stream.read() >= 0) {
                throw new IOException(name + " is longer than " + MAX_FILE_BYTES + " bytes: pack smaller shards");
            }
            return bytes;
        }
    }

    private static InputStream openResource(String path) throws IOException {
        InputStream stream = TextImageDataset.class.getResourceAsStream(path);
        if (stream == null) {
            throw new IOException(path + " is missing from this library");
        }
        return stream;
    }

    private static Path datasetsFolder() {
        String property = System.getProperty(FOLDER_PROPERTY);
        String variable = System.getenv(FOLDER_VARIABLE);
        return Path.of(property != null ? property : variable != null ? variable : "datasets");
    }

    private interface Source {
        InputStream open(String file) throws IOException;
    }

    private record Content(Codebook codebook, List<CaptionedImage> training, List<CaptionedImage> validation) {}
}
