package dev.tilewright.cnative;

import dev.tilewright.cnative.Loops.Loop;
import java.util.ArrayList;
import java.util.List;

/**
 * A strided copy as family {@code copy} walks it. Where the innermost loop is adjacent on both
 * sides, rows are copied; elsewhere the last loops are a plane, whose rows are adjacent in src and
 * whose columns in dst, and C transposes it in squares of four. A loop too short for that is joined
 * with the one that goes on where it ends: so pixels to channels and back are planes of four rows
 * or columns and more.
 *
 * @param loops over dst and src; of the last ones, first those of the plane's rows
 * @param bytes of an element, which may be a few of the tensor's
 * @param twoOfRows whether the plane's rows are two loops
 * @param twoOfColumns whether its columns are
 */
record CopyLoops(List<Loop> loops, int bytes, boolean twoOfRows, boolean twoOfColumns) {
  private static final int DST = 0;
  private static final int SRC = 1;

  /** The side of a square. */
  private static final int SQUARE = 4;

  /**
   * Columns that fill a cache line, which had better be written at once: 112 planes of 128 x 7, 50
   * us, and 28 of 128 x 28, 38.
   */
  private static final int LINE = 16;

  /** In what order, and by what elements, these loops are walked. */
  static CopyLoops of(List<Loop> loops, int bytes) {
    Loop last = loops.getLast();
    if (isAdjacent(last, DST, bytes) && isAdjacent(last, SRC, bytes)) {
      return loops.size() > 1 && isElement(last.size() * bytes)
          ? of(loops.subList(0, loops.size() - 1), (int) last.size() * bytes)
          : new CopyLoops(loops, bytes, false, false);
    }
    List<Loop> outer = new ArrayList<>(loops.subList(0, loops.size() - 1));
    List<Loop> rows = new ArrayList<>();
    for (Loop loop : outer) {
      if (isAdjacent(loop, SRC, bytes)) {
        rows.add(loop);
        outer.remove(loop);
        break;
      }
    }
    List<Loop> columns = new ArrayList<>(List.of(last));
    boolean isPlane = !rows.isEmpty() && isAdjacent(last, DST, bytes) && bytes == Float.BYTES;
    boolean twoOfRows = isPlane && prolonged(rows, SRC, SQUARE, outer);
    long height = rows.stream().mapToLong(Loop::size).reduce(1, (a, b) -> a * b);
    boolean isPairs = height == 2 && last.strides()[SRC] == 2L * bytes;
    boolean twoOfColumns =
        isPlane && (height >= SQUARE || isPairs) && prolonged(columns, DST, LINE, outer);
    outer.addAll(rows);
    outer.addAll(columns);
    return new CopyLoops(outer, bytes, twoOfRows, twoOfColumns);
  }

  private static boolean isAdjacent(Loop loop, int side, long bytes) {
    return loop.strides()[side] == bytes;
  }

  /** As op_copy.h can move it at once. */
  private static boolean isElement(long bytes) {
    return bytes <= 16 && (bytes % 4 == 0 || bytes == 2);
  }

  /** Puts before a loop of one side the one that continues it there, if it is shorter than this. */
  private static boolean prolonged(List<Loop> axis, int side, int least, List<Loop> others) {
    Loop loop = axis.getFirst();
    for (Loop other : others) {
      if (loop.size() < least && isAdjacent(other, side, loop.size() * loop.strides()[side])) {
        axis.addFirst(other);
        others.remove(other);
        return true;
      }
    }
    return false;
  }
}
