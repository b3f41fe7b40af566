package org.starling.metrics.gallery;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Whether bytes from another peer are a small, well-formed PNG: signature, chunk lengths, checksums, dimensions. Browsers
 * get nothing else to see. Nothing is decoded.
 */
public final class PngCheck {
    public static final int MAX_BYTES = 512 << 10;
    public static final int MAX_SIDE = 1024;

    private static final long SIGNATURE = 0x89504E470D0A1A0AL;
    private static final int CHUNK_OVERHEAD = 12;

    private PngCheck() {}

    /** What is wrong with the bytes; empty if nothing is. */
    public static Optional<String> problem(byte[] png) {
        if (png.length > MAX_BYTES) {
            return Optional.of("a picture of " + png.length + " bytes; at most " + MAX_BYTES + " are taken");
        }
        ByteBuffer bytes = ByteBuffer.wrap(png);
        if (bytes.remaining() < Long.BYTES || bytes.getLong() != SIGNATURE) {
            return Optional.of("a picture that is no PNG");
        }
        boolean first = true;
        while (bytes.remaining() >= CHUNK_OVERHEAD) {
            int length = bytes.getInt();
            if (length < 0 || length > bytes.remaining() - Long.BYTES) {
                return Optional.of("a PNG that is cut off");
            }
            CRC32 crc = new CRC32();
            crc.update(png, bytes.position(), Integer.BYTES + length);
            String type = new String(png, bytes.position(), Integer.BYTES, StandardCharsets.ISO_8859_1);
            ByteBuffer content = bytes.slice(bytes.position() + Integer.BYTES, length);
            bytes.position(bytes.position() + Integer.BYTES + length);
            if (bytes.getInt() != (int) crc.getValue()) {
                return Optional.of("a PNG with a wrong checksum");
            }
            if (first != type.equals("IHDR") || (first && (length != 13 || !isSmall(content)))) {
                return Optional.of("a PNG with no header or of more than " + MAX_SIDE + " pixels a side");
            }
            first = false;
            if (type.equals("IEND")) {
                return bytes.hasRemaining() ? Optional.of("a PNG with bytes after its end") : Optional.empty();
            }
        }
        return Optional.of("a PNG that is cut off");
    }

    private static boolean isSmall(ByteBuffer header) {
        int width = header.getInt();
        int height = header.getInt();
        return width >= 1 && width <= MAX_SIDE && height >= 1 && height <= MAX_SIDE;
    }
}
