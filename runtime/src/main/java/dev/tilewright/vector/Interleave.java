package dev.tilewright.vector;

import dev.tilewright.kernel.Task;
import dev.tilewright.vector.Nest.Loop;
import java.util.List;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.FloatVector;

/**
 * Two, three or four rows become one in which their values take turns: the planes of a picture
 * become pixels, the halves of a channel shuffle channels. A unit is a vector of each row; the last
 * one overlaps the one before.
 */
final class Interleave {
  private static final int L = Lanes.LENGTH;

  private static final FloatVector LOW = lanes(l -> l / 2 + l % 2 * L);
  private static final FloatVector HIGH = lanes(l -> (l + L) / 2 + l % 2 * L);

  // Of three rows: a result takes from the first two, then from what that gave and the third.
  private static final FloatVector TWO_0 = lanes(l -> ofTwo(l));
  private static final FloatVector TWO_1 = lanes(l -> ofTwo(l + L));
  private static final FloatVector TWO_2 = lanes(l -> ofTwo(l + 2 * L));
  private static final FloatVector THIRD_0 = lanes(l -> l % 3 == 2 ? l / 3 + L : l);
  private static final FloatVector THIRD_1 = lanes(l -> (l + L) % 3 == 2 ? (l + L) / 3 + L : l);
  private static final FloatVector THIRD_2 =
      lanes(l -> (l + 2 * L) % 3 == 2 ? (l + 2 * L) / 3 + L : l);

  private Interleave() {}

  private static FloatVector lanes(IntUnaryOperator from) {
    float[] lanes = new float[L];
    for (int i = 0; i < L; i++) {
      lanes[i] = from.applyAsInt(i);
    }
    return FloatVector.fromArray(Lanes.SPECIES, lanes, 0);
  }

  /** Where in two of three rows the value at this place of their interleaving is, if it is. */
  private static int ofTwo(int place) {
    return place % 3 == 2 ? 0 : place / 3 + place % 3 * L;
  }

  /** Whether dst's columns are few and adjacent, src's rows long and adjacent. */
  static boolean fits(Loop columns, Loop rows) {
    return columns.size >= 2
        && columns.size <= 4
        && columns.step(0) == 4
        && rows.step(0) == 4 * columns.size
        && rows.step(1) == 4
        && rows.size >= L;
  }

  /**
   * @param matrices loops around the two; operand 0 is dst, 1 is src
   * @param columns of dst, which are rows of src
   * @param rows of dst, which are columns of src
   */
  static Task task(List<Loop> matrices, Loop columns, Loop rows, long src, long dst) {
    Loop[] outer = matrices.toArray(Loop[]::new);
    long perMatrix = Lanes.cover(rows.size);
    int n = (int) columns.size;
    long lds = columns.step(1);
    return new UnitTask(perMatrix * Odometer.size(outer), 8L * n * L) {
      @Override
      void units(long from, long to, int worker) {
        long unit = from;
        while (unit < to) {
          long matrix = unit / perMatrix;
          long first = unit % perMatrix;
          long count = Math.min(perMatrix - first, to - unit);
          long s = src + Odometer.offset(outer, matrix, 1);
          long d = dst + Odometer.offset(outer, matrix, 0);
          int end = (int) (first + count);
          int last = (int) (rows.size - L);
          switch (n) {
            case 2 -> two(d, s, lds, (int) first, end, last);
            case 3 -> three(d, s, lds, (int) first, end, last);
            default -> four(d, s, lds, (int) first, end, last);
          }
          unit += count;
        }
      }
    };
  }

  private static void two(long dst, long src, long lds, int from, int to, int last) {
    for (int i = from; i < to; i++) {
      long at = 4L * Math.min(i * L, last);
      FloatVector a = Lanes.load(src + at);
      FloatVector b = Lanes.load(src + lds + at);
      Lanes.store(LOW.selectFrom(a, b), dst + 2 * at);
      Lanes.store(HIGH.selectFrom(a, b), dst + 2 * at + Lanes.BYTES);
    }
  }

  private static void three(long dst, long src, long lds, int from, int to, int last) {
    for (int i = from; i < to; i++) {
      long at = 4L * Math.min(i * L, last);
      FloatVector a = Lanes.load(src + at);
      FloatVector b = Lanes.load(src + lds + at);
      FloatVector c = Lanes.load(src + 2 * lds + at);
      Lanes.store(THIRD_0.selectFrom(TWO_0.selectFrom(a, b), c), dst + 3 * at);
      Lanes.store(THIRD_1.selectFrom(TWO_1.selectFrom(a, b), c), dst + 3 * at + Lanes.BYTES);
      Lanes.store(THIRD_2.selectFrom(TWO_2.selectFrom(a, b), c), dst + 3 * at + 2L * Lanes.BYTES);
    }
  }

  private static void four(long dst, long src, long lds, int from, int to, int last) {
    for (int i = from; i < to; i++) {
      long at = 4L * Math.min(i * L, last);
      FloatVector a = Lanes.load(src + at);
      FloatVector b = Lanes.load(src + lds + at);
      FloatVector c = Lanes.load(src + 2 * lds + at);
      FloatVector d = Lanes.load(src + 3 * lds + at);
      FloatVector e = LOW.selectFrom(a, c);
      FloatVector f = LOW.selectFrom(b, d);
      FloatVector g = HIGH.selectFrom(a, c);
      FloatVector h = HIGH.selectFrom(b, d);
      Lanes.store(LOW.selectFrom(e, f), dst + 4 * at);
      Lanes.store(HIGH.selectFrom(e, f), dst + 4 * at + Lanes.BYTES);
      Lanes.store(LOW.selectFrom(g, h), dst + 4 * at + 2L * Lanes.BYTES);
      Lanes.store(HIGH.selectFrom(g, h), dst + 4 * at + 3L * Lanes.BYTES);
    }
  }
}
