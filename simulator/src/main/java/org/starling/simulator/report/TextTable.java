package org.starling.simulator.report;

import java.util.ArrayList;
import java.util.List;

/** Columns of text: the first to the left, the others to the right. What is too long for the first goes on in the next line. */
public final class TextTable {
    private static final String GAP = "  ";
    private static final int LONGEST_FIRST = 80;

    private final String indent;
    private final List<List<String>> rows = new ArrayList<>();

    public TextTable(String indent) {
        this.indent = indent;
    }

    public TextTable row(String... cells) {
        String first = cells[0];
        String margin = " ".repeat(first.length() - first.stripLeading().length() + 2);
        int end;
        while (first.length() > LONGEST_FIRST && (end = first.lastIndexOf(' ', LONGEST_FIRST)) > margin.length()) {
            rows.add(List.of(first.substring(0, end)));
            first = margin + first.substring(end + 1);
        }
        List<String> row = new ArrayList<>(List.of(cells));
        row.set(0, first);
        rows.add(row);
        return this;
    }

    @Override
    public String toString() {
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder(indent);
            for (int i = 0; i < row.size(); i++) {
                String space = " ".repeat(widths[i] - row.get(i).length());
                line.append(i == 0 ? row.get(i) + space : GAP + space + row.get(i));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
