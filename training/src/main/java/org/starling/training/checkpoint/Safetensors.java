package org.starling.training.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads and writes 32-bit float tensors in the safetensors format: {@code u64 N, N bytes of JSON, data}, all
 * little-endian, tensors contiguous.
 *
 * <p>Streams through a small buffer, so that memory holds the tensors once. The reader is strict: it takes a file only if
 * header, offsets and length agree to the byte.
 */
public final class Safetensors {
    /** Readers in the field refuse longer headers. */
    private static final int MAX_HEADER_BYTES = 25_000_000;

    private static final int BUFFER_BYTES = 1 << 20;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(8)
                            .maxStringLength(1 << 20)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Safetensors() {}

    /**
     * A tensor within a larger flat buffer.
     *
     * @param name unique within a file
     * @param shape dimensions, outermost first; empty for a scalar
     * @param values buffer that holds the tensor; not copied
     * @param offset index of its first element
     */
    public record Tensor(String name, List<Integer> shape, float[] values, int offset) {
        public Tensor {
            shape = List.copyOf(shape);
        }

        /** Number of elements. */
        public int size() {
            return shape.stream().reduce(1, Math::multiplyExact);
        }
    }

    /**
     * What a file holds besides the data.
     *
     * @param metadata free text by key
     * @param shapes tensor shapes by name, in the order of the data
     */
    public record Header(SortedMap<String, String> metadata, Map<String, List<Integer>> shapes) {}

    /**
     * Writes a file atomically.
     *
     * @param metadata free text; {@code format: pt}, without which other libraries refuse the file, is added
     */
    public static void write(Path file, List<Tensor> tensors, Map<String, String> metadata) throws IOException {
        byte[] header = headerOf(tensors, metadata);
        AtomicFile.write(file, channel -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            buffer.putLong(header.length);
            writeFully(channel, buffer.flip());
            writeFully(channel, ByteBuffer.wrap(header));
            for (Tensor tensor : tensors) {
                for (int done = 0; done < tensor.size(); ) {
                    int count = Math.min(tensor.size() - done, BUFFER_BYTES / Float.BYTES);
                    buffer.clear().asFloatBuffer().put(tensor.values(), tensor.offset() + done, count);
                    writeFully(channel, buffer.limit(count * Float.BYTES));
                    done += count;
                }
            }
        });
    }

    /** Reads the header and checks it against the length of the file. */
    public static Header readHeader(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return readHeader(file, channel).header;
        }
    }

    /**
     * Fills the given tensors from a file that must hold exactly these, by name and shape, all values finite.
     *
     * @return the file's metadata
     * @throws CorruptCheckpointException if it does not; the buffers may then be partly overwritten
     */
    public static SortedMap<String, String> read(Path file, List<Tensor> tensors) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Parsed parsed = readHeader(file, channel);
            Set<String> surplus = new LinkedHashSet<>(parsed.header.shapes().keySet());
            List<Span> spans = new ArrayList<>();
            for (Tensor tensor : tensors) {
                Span span = parsed.spans.get(tensor.name());
                if (span == null || !span.shape().equals(tensor.shape())) {
                    throw new CorruptCheckpointException(file + " is of another model: tensor " + tensor.name()
                            + " has " + (span == null ? "no data" : "shape " + span.shape()) + ", expected "
                            + tensor.shape());
                }
                spans.add(span);
                surplus.remove(tensor.name());
            }
            if (!surplus.isEmpty()) {
                throw new CorruptCheckpointException(file + " is of another model: it has further tensors " + surplus);
            }
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < tensors.size(); i++) {
                Tensor tensor = tensors.get(i);
                channel.position(parsed.dataStart + spans.get(i).begin());
                for (int done = 0; done < tensor.size(); ) {
                    int count = Math.min(tensor.size() - done, BUFFER_BYTES / Float.BYTES);
                    readFully(file, channel, buffer.clear().limit(count * Float.BYTES));
                    buffer.flip().asFloatBuffer().get(tensor.values(), tensor.offset() + done, count);
                    done += count;
                }
                requireFinite(file, tensor);
            }
            return parsed.header.metadata();
        }
    }

    private record Parsed(Header header, long dataStart, Map<String, Span> spans) {}

    private record Span(String name, List<Integer> shape, long begin, long end) {}

    private static byte[] headerOf(List<Tensor> tensors, Map<String, String> metadata) {
        Map<String, Object> header = new LinkedHashMap<>();
        SortedMap<String, String> text = new TreeMap<>(metadata);
        text.put("format", "pt");
        header.put("__metadata__", text);
        long offset = 0;
        for (Tensor tensor : tensors) {
            long end = offset + (long) tensor.size() * Float.BYTES;
            Object entry = orderedMap("dtype", "F32", "shape", tensor.shape(), "data_offsets", List.of(offset, end));
            if (header.put(tensor.name(), entry) != null) {
                throw new IllegalArgumentException("two tensors are named " + tensor.name());
            }
            offset = end;
        }
        byte[] json = JSON.writeValueAsBytes(header);
        byte[] padded = new byte[(json.length + 7) / 8 * 8];
        Arrays.fill(padded, (byte) ' ');
        System.arraycopy(json, 0, padded, 0, json.length);
        return padded;
    }

    private static Parsed readHeader(Path file, FileChannel channel) throws IOException {
        ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        readFully(file, channel, prefix);
        long length = prefix.getLong(0);
        if (length < 2 || length > Math.min(MAX_HEADER_BYTES, channel.size() - Long.BYTES)) {
            throw new CorruptCheckpointException(file + " is not a safetensors file: it announces a header of "
                    + Long.toUnsignedString(length) + " bytes in a file of " + channel.size());
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) length);
        readFully(file, channel, bytes);
        long dataStart = Long.BYTES + length;
        List<Span> spans = new ArrayList<>();
        SortedMap<String, String> metadata = new TreeMap<>();
        try {
            JsonNode root = JSON.readTree(new String(bytes.array(), StandardCharsets.UTF_8));
            require(file, root.isObject() && bytes.get(0) == '{', "its header is not a JSON object");
            root.forEachEntry((name, entry) -> {
                try {
                    if (name.equals("__metadata__")) {
                        readMetadata(file, entry, metadata);
                    } else {
                        spans.add(readSpan(file, name, entry));
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (JacksonException e) {
            throw new CorruptCheckpointException(
                    file + " is not a safetensors file: its header is not JSON: " + e.getOriginalMessage(), e);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        spans.sort(Comparator.comparingLong(Span::begin).thenComparingLong(Span::end));
        long end = 0;
        Map<String, List<Integer>> shapes = new LinkedHashMap<>();
        Map<String, Span> byName = new LinkedHashMap<>();
        for (Span span : spans) {
            require(file, span.begin() == end, "tensor " + span.name() + " does not begin where the one before ends");
            end = span.end();
            shapes.put(span.name(), span.shape());
            byName.put(span.name(), span);
        }
        require(
                file,
                dataStart + end == channel.size(),
                "it should have " + (dataStart + end) + " bytes but has " + channel.size());
        return new Parsed(new Header(metadata, shapes), dataStart, byName);
    }

    private static void readMetadata(Path file, JsonNode entry, SortedMap<String, String> metadata) throws IOException {
        require(file, entry.isObject(), "its metadata is not a JSON object");
        for (Map.Entry<String, JsonNode> property : entry.properties()) {
            require(file, property.getValue().isString(), "metadata " + property.getKey() + " is not text");
            metadata.put(property.getKey(), property.getValue().stringValue());
        }
    }

    private static Span readSpan(Path file, String name, JsonNode entry) throws IOException {
        String what = "tensor " + name;
        require(file, entry.path("dtype").asString("").equals("F32"), what + " is not of type F32");
        JsonNode shape = entry.path("shape");
        JsonNode offsets = entry.path("data_offsets");
        require(file, shape.isArray() && shape.size() <= 16, what + " has no shape");
        require(file, offsets.isArray() && offsets.size() == 2, what + " has no data_offsets");
        List<Integer> dimensions = new ArrayList<>();
        long bytes = Float.BYTES;
        for (JsonNode dimension : shape) {
            require(file, dimension.isIntegralNumber() && dimension.canConvertToInt(), what + " has a bad shape");
            require(file, dimension.intValue() >= 0, what + " has a negative dimension");
            dimensions.add(dimension.intValue());
            bytes *= dimension.intValue();
            require(file, bytes < 1L << 33, what + " is too large");
        }
        require(
                file,
                offsets.get(0).canConvertToLong() && offsets.get(1).canConvertToLong(),
                what + " has bad offsets");
        long begin = offsets.get(0).longValue();
        long end = offsets.get(1).longValue();
        require(file, begin >= 0 && end - begin == bytes, what + " has offsets that do not fit its shape");
        return new Span(name, dimensions, begin, end);
    }

    private static Map<String, Object> orderedMap(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    private static void requireFinite(Path file, Tensor tensor) throws CorruptCheckpointException {
        for (int i = 0; i < tensor.size(); i++) {
            if (!Float.isFinite(tensor.values()[tensor.offset() + i])) {
                throw new CorruptCheckpointException(
                        file + " holds a value that is not finite, in tensor " + tensor.name() + " at " + i);
            }
        }
    }

    private static void require(Path file, boolean condition, String problem) throws CorruptCheckpointException {
        if (!condition) {
            throw new CorruptCheckpointException(file + " is not a valid safetensors file: " + problem);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static void readFully(Path file, FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new CorruptCheckpointException(file + " ends too early: it was cut off");
            }
        }
    }
}
