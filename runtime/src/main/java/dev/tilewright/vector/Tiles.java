package dev.tilewright.vector;

import dev.tilewright.kernel.Task;
import dev.tilewright.vector.Nest.Loop;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Matrix transposition, once or for many matrices. dst: [rows][columns], columns adjacent; src:
 * [columns][rows], rows adjacent.
 *
 * <p>A square tile of LENGTH x LENGTH stays in registers: log2(LENGTH) rounds that each interleave
 * vector i with vector i + LENGTH/2 transpose it. Tiles at the edges overlap their neighbours.
 * Matrices narrower than a vector, such as the three planes of an RGB image, go value by value.
 */
final class Tiles {
  private static final FloatVector LOW = interleave(0);
  private static final FloatVector HIGH = interleave(Lanes.LENGTH / 2);

  private Tiles() {}

  /** Lane numbers, over two vectors, of one half of their interleaving. */
  private static FloatVector interleave(int first) {
    float[] lanes = new float[Lanes.LENGTH];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = first + i / 2 + (i % 2) * Lanes.LENGTH;
    }
    return FloatVector.fromArray(Lanes.SPECIES, lanes, 0);
  }

  private static FloatVector low(FloatVector a, FloatVector b) {
    return LOW.selectFrom(a, b);
  }

  private static FloatVector high(FloatVector a, FloatVector b) {
    return HIGH.selectFrom(a, b);
  }

  /**
   * @param loops operand 0 is dst, 1 is src; the last one walks dst's columns
   * @param rowLoop which of them walks src's rows
   */
  static Task task(List<Loop> loops, int rowLoop, long src, long dst) {
    Loop columns = loops.getLast();
    Loop rows = loops.get(rowLoop);
    List<Loop> others = new ArrayList<>(loops.subList(0, loops.size() - 1));
    others.remove(rowLoop);
    Loop[] matrices = others.toArray(Loop[]::new);
    int band = rows.size < Lanes.LENGTH ? (int) rows.size : Lanes.LENGTH;
    long bands = Math.ceilDiv(rows.size, band);
    boolean tiled = rows.size >= Lanes.LENGTH && columns.size >= Lanes.LENGTH;
    long units = bands * Odometer.size(matrices);
    // Without tiles a value costs a load and a store: counted as five times its bytes.
    return new UnitTask(units, columns.size * band * (tiled ? 8 : 40)) {
      @Override
      void units(long from, long to, int worker) {
        for (long unit = from; unit < to; unit++) {
          long matrix = unit / bands;
          long first = Math.min(unit % bands * band, rows.size - band);
          long d = dst + Odometer.offset(matrices, matrix, 0) + first * rows.step(0);
          long s = src + Odometer.offset(matrices, matrix, 1) + first * 4;
          if (tiled) {
            band(d, rows.step(0), s, columns.step(1), (int) columns.size);
          } else {
            values(d, rows.step(0), s, columns.step(1), band, (int) columns.size);
          }
        }
      }
    };
  }

  private static void band(long dst, long ldd, long src, long lds, int columns) {
    int tiles = Lanes.cover(columns);
    for (int i = 0; i < tiles; i++) {
      long c = Math.min(i * Lanes.LENGTH, columns - Lanes.LENGTH);
      switch (Lanes.LENGTH) {
        case 16 -> tile16(dst + 4 * c, ldd, src + c * lds, lds);
        case 8 -> tile8(dst + 4 * c, ldd, src + c * lds, lds);
        default -> tile4(dst + 4 * c, ldd, src + c * lds, lds);
      }
    }
  }

  /** The longer side is the inner loop. */
  private static void values(long dst, long ldd, long src, long lds, int rows, int columns) {
    if (rows > columns) {
      for (int c = 0; c < columns; c++) {
        for (int r = 0; r < rows; r++) {
          Lanes.set(dst + r * ldd + 4L * c, Lanes.get(src + c * lds + 4L * r));
        }
      }
    } else {
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          Lanes.set(dst + r * ldd + 4L * c, Lanes.get(src + c * lds + 4L * r));
        }
      }
    }
  }

  private static void tile4(long dst, long ldd, long src, long lds) {
    FloatVector a0 = Lanes.load(src);
    FloatVector a1 = Lanes.load(src + lds);
    FloatVector a2 = Lanes.load(src + 2 * lds);
    FloatVector a3 = Lanes.load(src + 3 * lds);
    FloatVector b0 = low(a0, a2);
    FloatVector b1 = high(a0, a2);
    FloatVector b2 = low(a1, a3);
    FloatVector b3 = high(a1, a3);
    FloatVector c0 = low(b0, b2);
    FloatVector c1 = high(b0, b2);
    FloatVector c2 = low(b1, b3);
    FloatVector c3 = high(b1, b3);
    Lanes.store(c0, dst);
    Lanes.store(c1, dst + ldd);
    Lanes.store(c2, dst + 2 * ldd);
    Lanes.store(c3, dst + 3 * ldd);
  }

  private static void tile8(long dst, long ldd, long src, long lds) {
    FloatVector a0 = Lanes.load(src);
    FloatVector a1 = Lanes.load(src + lds);
    FloatVector a2 = Lanes.load(src + 2 * lds);
    FloatVector a3 = Lanes.load(src + 3 * lds);
    FloatVector a4 = Lanes.load(src + 4 * lds);
    FloatVector a5 = Lanes.load(src + 5 * lds);
    FloatVector a6 = Lanes.load(src + 6 * lds);
    FloatVector a7 = Lanes.load(src + 7 * lds);
    FloatVector b0 = low(a0, a4);
    FloatVector b1 = high(a0, a4);
    FloatVector b2 = low(a1, a5);
    FloatVector b3 = high(a1, a5);
    FloatVector b4 = low(a2, a6);
    FloatVector b5 = high(a2, a6);
    FloatVector b6 = low(a3, a7);
    FloatVector b7 = high(a3, a7);
    FloatVector c0 = low(b0, b4);
    FloatVector c1 = high(b0, b4);
    FloatVector c2 = low(b1, b5);
    FloatVector c3 = high(b1, b5);
    FloatVector c4 = low(b2, b6);
    FloatVector c5 = high(b2, b6);
    FloatVector c6 = low(b3, b7);
    FloatVector c7 = high(b3, b7);
    FloatVector d0 = low(c0, c4);
    FloatVector d1 = high(c0, c4);
    FloatVector d2 = low(c1, c5);
    FloatVector d3 = high(c1, c5);
    FloatVector d4 = low(c2, c6);
    FloatVector d5 = high(c2, c6);
    FloatVector d6 = low(c3, c7);
    FloatVector d7 = high(c3, c7);
    Lanes.store(d0, dst);
    Lanes.store(d1, dst + ldd);
    Lanes.store(d2, dst + 2 * ldd);
    Lanes.store(d3, dst + 3 * ldd);
    Lanes.store(d4, dst + 4 * ldd);
    Lanes.store(d5, dst + 5 * ldd);
    Lanes.store(d6, dst + 6 * ldd);
    Lanes.store(d7, dst + 7 * ldd);
  }

  private static void tile16(long dst, long ldd, long src, long lds) {
    FloatVector a0 = Lanes.load(src);
    FloatVector a1 = Lanes.load(src + lds);
    FloatVector a2 = Lanes.load(src + 2 * lds);
    FloatVector a3 = Lanes.load(src + 3 * lds);
    FloatVector a4 = Lanes.load(src + 4 * lds);
    FloatVector a5 = Lanes.load(src + 5 * lds);
    FloatVector a6 = Lanes.load(src + 6 * lds);
    FloatVector a7 = Lanes.load(src + 7 * lds);
    FloatVector a8 = Lanes.load(src + 8 * lds);
    FloatVector a9 = Lanes.load(src + 9 * lds);
    FloatVector a10 = Lanes.load(src + 10 * lds);
    FloatVector a11 = Lanes.load(src + 11 * lds);
    FloatVector a12 = Lanes.load(src + 12 * lds);
    FloatVector a13 = Lanes.load(src + 13 * lds);
    FloatVector a14 = Lanes.load(src + 14 * lds);
    FloatVector a15 = Lanes.load(src + 15 * lds);
    FloatVector b0 = low(a0, a8);
    FloatVector b1 = high(a0, a8);
    FloatVector b2 = low(a1, a9);
    FloatVector b3 = high(a1, a9);
    FloatVector b4 = low(a2, a10);
    FloatVector b5 = high(a2, a10);
    FloatVector b6 = low(a3, a11);
    FloatVector b7 = high(a3, a11);
    FloatVector b8 = low(a4, a12);
    FloatVector b9 = high(a4, a12);
    FloatVector b10 = low(a5, a13);
    FloatVector b11 = high(a5, a13);
    FloatVector b12 = low(a6, a14);
    FloatVector b13 = high(a6, a14);
    FloatVector b14 = low(a7, a15);
    FloatVector b15 = high(a7, a15);
    FloatVector c0 = low(b0, b8);
    FloatVector c1 = high(b0, b8);
    FloatVector c2 = low(b1, b9);
    FloatVector c3 = high(b1, b9);
    FloatVector c4 = low(b2, b10);
    FloatVector c5 = high(b2, b10);
    FloatVector c6 = low(b3, b11);
    FloatVector c7 = high(b3, b11);
    FloatVector c8 = low(b4, b12);
    FloatVector c9 = high(b4, b12);
    FloatVector c10 = low(b5, b13);
    FloatVector c11 = high(b5, b13);
    FloatVector c12 = low(b6, b14);
    FloatVector c13 = high(b6, b14);
    FloatVector c14 = low(b7, b15);
    FloatVector c15 = high(b7, b15);
    FloatVector d0 = low(c0, c8);
    FloatVector d1 = high(c0, c8);
    FloatVector d2 = low(c1, c9);
    FloatVector d3 = high(c1, c9);
    FloatVector d4 = low(c2, c10);
    FloatVector d5 = high(c2, c10);
    FloatVector d6 = low(c3, c11);
    FloatVector d7 = high(c3, c11);
    FloatVector d8 = low(c4, c12);
    FloatVector d9 = high(c4, c12);
    FloatVector d10 = low(c5, c13);
    FloatVector d11 = high(c5, c13);
    FloatVector d12 = low(c6, c14);
    FloatVector d13 = high(c6, c14);
    FloatVector d14 = low(c7, c15);
    FloatVector d15 = high(c7, c15);
    FloatVector e0 = low(d0, d8);
    FloatVector e1 = high(d0, d8);
    FloatVector e2 = low(d1, d9);
    FloatVector e3 = high(d1, d9);
    FloatVector e4 = low(d2, d10);
    FloatVector e5 = high(d2, d10);
    FloatVector e6 = low(d3, d11);
    FloatVector e7 = high(d3, d11);
    FloatVector e8 = low(d4, d12);
    FloatVector e9 = high(d4, d12);
    FloatVector e10 = low(d5, d13);
    FloatVector e11 = high(d5, d13);
    FloatVector e12 = low(d6, d14);
    FloatVector e13 = high(d6, d14);
    FloatVector e14 = low(d7, d15);
    FloatVector e15 = high(d7, d15);
    Lanes.store(e0, dst);
    Lanes.store(e1, dst + ldd);
    Lanes.store(e2, dst + 2 * ldd);
    Lanes.store(e3, dst + 3 * ldd);
    Lanes.store(e4, dst + 4 * ldd);
    Lanes.store(e5, dst + 5 * ldd);
    Lanes.store(e6, dst + 6 * ldd);
    Lanes.store(e7, dst + 7 * ldd);
    Lanes.store(e8, dst + 8 * ldd);
    Lanes.store(e9, dst + 9 * ldd);
    Lanes.store(e10, dst + 10 * ldd);
    Lanes.store(e11, dst + 11 * ldd);
    Lanes.store(e12, dst + 12 * ldd);
    Lanes.store(e13, dst + 13 * ldd);
    Lanes.store(e14, dst + 14 * ldd);
    Lanes.store(e15, dst + 15 * ldd);
  }
}
