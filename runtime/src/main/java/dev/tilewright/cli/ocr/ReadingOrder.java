package dev.tilewright.cli.ocr;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/** Sorts boxes as one reads: rows from the top, in a row from the left. */
final class ReadingOrder {
  private ReadingOrder() {}

  /** A box starts a new row if its centre is half a height or more below the row's first. */
  static <T> List<T> sort(List<T> items, Function<T, Box> box) {
    List<T> byHeight = new ArrayList<>(items);
    byHeight.sort(Comparator.comparingDouble(item -> box.apply(item).centre().y()));
    List<T> sorted = new ArrayList<>();
    List<T> row = new ArrayList<>();
    for (T item : byHeight) {
      if (!row.isEmpty()) {
        Box first = box.apply(row.getFirst());
        Box next = box.apply(item);
        double reach = Math.min(first.height(), next.height()) / 2;
        if (next.centre().y() - first.centre().y() >= reach) {
          flush(row, sorted, box);
        }
      }
      row.add(item);
    }
    flush(row, sorted, box);
    return sorted;
  }

  private static <T> void flush(List<T> row, List<T> sorted, Function<T, Box> box) {
    row.sort(Comparator.comparingDouble(item -> box.apply(item).centre().x()));
    sorted.addAll(row);
    row.clear();
  }
}
