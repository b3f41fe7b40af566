package org.starling.training.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Captions from a text file with a header line: columns {@code image} and {@code caption} and any further ones, separated
 * by tabs ({@code .tsv}) or commas ({@code .csv}, with quotes as in RFC 4180).
 */
final class CaptionsFile {
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private CaptionsFile() {}

    /**
     * One line.
     *
     * @param line number in the file, from 1
     * @param group value of the column that the images are grouped by
     */
    record Caption(int line, String image, String caption, String group) {}

    /** Reads all lines; {@code groupColumn} is one of the file's columns, which may be {@code image}. */
    static List<Caption> read(Path file, String groupColumn) throws IOException {
        boolean tabs = file.toString().endsWith(".tsv");
        if (!tabs && !file.toString().endsWith(".csv")) {
            throw new IOException(file + " must end in .csv or .tsv");
        }
        List<String> columns = List.of();
        List<Caption> captions = new ArrayList<>();
        int number = 0;
        for (String line : lines(file)) {
            number++;
            List<String> values = tabs ? List.of(line.split("\t", -1)) : splitCsv(file, number, line);
            if (number == 1) {
                columns = values;
                if (!columns.containsAll(List.of("image", "caption", groupColumn))) {
                    throw new IOException(file + " must begin with a line that names the columns image, caption and "
                            + groupColumn + "; it names " + columns);
                }
            } else if (values.size() == columns.size()) {
                captions.add(new Caption(
                        number,
                        values.get(columns.indexOf("image")),
                        values.get(columns.indexOf("caption")),
                        values.get(columns.indexOf(groupColumn))));
            } else if (!line.isBlank()) {
                throw new IOException(file + " line " + number + " has " + values.size() + " values for "
                        + columns.size() + " columns");
            }
        }
        if (captions.isEmpty()) {
            throw new IOException(file + " holds no captions");
        }
        return captions;
    }

    private static List<String> lines(Path file) throws IOException {
        try {
            List<String> lines = new ArrayList<>(Files.readAllLines(file));
            // Some editors write a byte order mark in front of UTF-8.
            if (!lines.isEmpty() && lines.get(0).startsWith(BYTE_ORDER_MARK)) {
                lines.set(0, lines.get(0).substring(1));
            }
            return lines;
        } catch (NoSuchFileException e) {
            throw new IOException("there is no file " + file, e);
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not in UTF-8; save it in that encoding", e);
        }
    }

    private static List<String> splitCsv(Path file, int number, String line) throws IOException {
        List<String> values = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quoted && c == '"' && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                value.append('"');
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                values.add(value.toString());
                value.setLength(0);
            } else {
                value.append(c);
            }
        }
        if (quoted) {
            throw new IOException(file + " line " + number + " has a quote that is not closed");
        }
        values.add(value.toString());
        return values;
    }
}
