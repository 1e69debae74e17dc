package dev.tilewright.plan;

import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The free parts of an arena without end: gives the smallest that is large enough. */
final class GapList {
  private record Gap(long offset, long bytes) {}

  private final TreeMap<Long, Long> bytesAt = new TreeMap<>();
  private final TreeSet<Gap> bySize =
      new TreeSet<>(Comparator.comparingLong(Gap::bytes).thenComparingLong(Gap::offset));

  GapList() {
    add(0, Long.MAX_VALUE);
  }

  /** Takes this many bytes and returns their offset. */
  long take(long bytes) {
    Gap gap = bySize.ceiling(new Gap(0, bytes));
    if (gap == null) {
      throw new IllegalStateException("an arena of more than " + Long.MAX_VALUE + " bytes");
    }
    remove(gap.offset, gap.bytes);
    if (gap.bytes > bytes) {
      add(gap.offset + bytes, gap.bytes - bytes);
    }
    return gap.offset;
  }

  /** Gives back what was taken. */
  void free(long offset, long bytes) {
    long from = offset;
    long size = bytes;
    Map.Entry<Long, Long> before = bytesAt.lowerEntry(offset);
    if (before != null && before.getKey() + before.getValue() == offset) {
      remove(before.getKey(), before.getValue());
      from = before.getKey();
      size += before.getValue();
    }
    Long after = bytesAt.get(offset + bytes);
    if (after != null) {
      remove(offset + bytes, after);
      size += after;
    }
    add(from, size);
  }

  private void add(long offset, long bytes) {
    bytesAt.put(offset, bytes);
    bySize.add(new Gap(offset, bytes));
  }

  private void remove(long offset, long bytes) {
    bytesAt.remove(offset);
    bySize.remove(new Gap(offset, bytes));
  }
}
