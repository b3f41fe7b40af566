package org.starling.training.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.io.SeekableInputStream;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;

/**
 * Samples in Parquet: {@code image}, {@code group}, {@code caption}, and {@code code}, the codes as little-endian 16-bit
 * integers in one binary value. {@code caption} and {@code code} are as in LAION's VQGAN-encoded datasets.
 */
final class ParquetShards {
    private static final MessageType SCHEMA = Types.buildMessage()
            .required(PrimitiveTypeName.BINARY)
            .as(LogicalTypeAnnotation.stringType())
            .named("image")
            .required(PrimitiveTypeName.BINARY)
            .as(LogicalTypeAnnotation.stringType())
            .named("group")
            .required(PrimitiveTypeName.BINARY)
            .as(LogicalTypeAnnotation.stringType())
            .named("caption")
            .required(PrimitiveTypeName.BINARY)
            .named("code")
            .named("sample");

    private ParquetShards() {}

    static void write(Path file, List<CaptionedImage> samples) throws IOException {
        try (ParquetWriter<Group> writer = ExampleParquetWriter.builder(new LocalOutputFile(file))
                .withType(SCHEMA)
                .withConf(new PlainParquetConfiguration())
                .withCompressionCodec(CompressionCodecName.ZSTD)
                .build()) {
            for (CaptionedImage sample : samples) {
                Group row = new SimpleGroup(SCHEMA);
                row.add("image", sample.image());
                row.add("group", sample.group());
                row.add("caption", sample.caption());
                row.add("code", Binary.fromConstantByteArray(toBytes(sample.codes())));
                writer.write(row);
            }
        }
    }

    /**
     * @param codesPerImage codes that every sample must have
     * @param codebookSize bound of the codes
     */
    static List<CaptionedImage> read(byte[] shard, int codesPerImage, int codebookSize) throws IOException {
        ParquetReadOptions options =
                ParquetReadOptions.builder(new PlainParquetConfiguration()).build();
        List<CaptionedImage> samples = new ArrayList<>();
        try (ParquetFileReader reader = ParquetFileReader.open(new InMemoryFile(shard), options)) {
            MessageColumnIO columns = new ColumnIOFactory()
                    .getColumnIO(SCHEMA, reader.getFileMetaData().getSchema(), true);
            for (PageReadStore pages = reader.readNextRowGroup(); pages != null; pages = reader.readNextRowGroup()) {
                RecordReader<Group> rows = columns.getRecordReader(pages, new GroupRecordConverter(SCHEMA));
                for (long row = 0; row < pages.getRowCount(); row++) {
                    samples.add(toSample(rows.read(), codesPerImage, codebookSize));
                }
            }
            return samples;
        } catch (RuntimeException e) {
            throw new IOException("not a Parquet file of captioned images: " + e.getMessage(), e);
        }
    }

    private static CaptionedImage toSample(Group row, int codesPerImage, int codebookSize) {
        String image = row.getString("image", 0);
        int[] codes = toCodes(row.getBinary("code", 0).getBytes());
        if (codes.length != codesPerImage) {
            throw new IllegalArgumentException(
                    "image " + image + " has " + codes.length + " codes, not " + codesPerImage);
        }
        for (int code : codes) {
            if (code >= codebookSize) {
                throw new IllegalArgumentException(
                        "image " + image + " has a code of " + code + " beyond the codebook of " + codebookSize);
            }
        }
        return new CaptionedImage(image, row.getString("group", 0), row.getString("caption", 0), codes);
    }

    private static byte[] toBytes(int[] codes) {
        ByteBuffer bytes = ByteBuffer.allocate(codes.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int code : codes) {
            bytes.putShort((short) code);
        }
        return bytes.array();
    }

    private static int[] toCodes(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int[] codes = new int[bytes.length / Short.BYTES];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = buffer.getShort() & 0xffff;
        }
        return codes;
    }

    private record InMemoryFile(byte[] content) implements InputFile {
        @Override
        public long getLength() {
            return content.length;
        }

        @Override
        public SeekableInputStream newStream() {
            PositionedStream stream = new PositionedStream(content);
            return new DelegatingSeekableInputStream(stream) {
                @Override
                public long getPos() {
                    return stream.position();
                }

                @Override
                public void seek(long position) {
                    stream.seek(position);
                }
            };
        }
    }

    private static final class PositionedStream extends ByteArrayInputStream {
        PositionedStream(byte[] content) {
            super(content);
        }

        synchronized long position() {
            return pos;
        }

        synchronized void seek(long position) {
            pos = Math.toIntExact(position);
        }
    }
}
