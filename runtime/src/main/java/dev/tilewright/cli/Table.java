package dev.tilewright.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Columns as wide as their longest cell; the last is not padded. */
public final class Table {
  private final List<List<String>> rows = new ArrayList<>();
  private final int columns;

  public Table(String... titles) {
    columns = titles.length;
    rows.add(List.of(titles));
  }

  /** A line of one cell for each column. */
  public void row(Object... cells) {
    rows.add(Stream.of(cells).map(String::valueOf).toList());
  }

  /** A line of text under the last row. */
  void note(String text) {
    rows.add(List.of(text));
  }

  /** Writes all of it. */
  public void print(PrintWriter out) {
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; row.size() > 1 && i < columns - 1; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(row.size() == 1 ? "      " : "").append(row.get(i));
        if (i < row.size() - 1) {
          line.repeat(' ', widths[i] - row.get(i).length() + 2);
        }
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
