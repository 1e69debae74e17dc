package dev.tilewright.vector;

import static dev.tilewright.tensor.Memory.ALL;
import static dev.tilewright.vector.Lanes.MASK;
import static dev.tilewright.vector.Lanes.ORDER;
import static dev.tilewright.vector.Lanes.SPECIES;

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
 * Matrices narrower than a vector, such as the three planes of an RGB image, go value by value; so
 * do all where a vector has four lanes, because C2 cannot interleave there with the instructions of
 * NEON and SSE and makes objects instead.
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
    boolean tiled = Lanes.LENGTH > 4 && rows.size >= Lanes.LENGTH && columns.size >= Lanes.LENGTH;
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
      if (Lanes.LENGTH == 16) {
        tile16(dst + 4 * c, ldd, src + c * lds, lds);
      } else {
        tile8(dst + 4 * c, ldd, src + c * lds, lds);
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

  private static void tile8(long dst, long ldd, long src, long lds) {
    FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, ALL, src & MASK, ORDER);
    FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + lds) & MASK, ORDER);
    FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 2 * lds) & MASK, ORDER);
    FloatVector a3 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 3 * lds) & MASK, ORDER);
    FloatVector a4 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 4 * lds) & MASK, ORDER);
    FloatVector a5 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 5 * lds) & MASK, ORDER);
    FloatVector a6 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 6 * lds) & MASK, ORDER);
    FloatVector a7 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 7 * lds) & MASK, ORDER);
    FloatVector b0 = LOW.selectFrom(a0, a4);
    FloatVector b1 = HIGH.selectFrom(a0, a4);
    FloatVector b2 = LOW.selectFrom(a1, a5);
    FloatVector b3 = HIGH.selectFrom(a1, a5);
    FloatVector b4 = LOW.selectFrom(a2, a6);
    FloatVector b5 = HIGH.selectFrom(a2, a6);
    FloatVector b6 = LOW.selectFrom(a3, a7);
    FloatVector b7 = HIGH.selectFrom(a3, a7);
    FloatVector c0 = LOW.selectFrom(b0, b4);
    FloatVector c1 = HIGH.selectFrom(b0, b4);
    FloatVector c2 = LOW.selectFrom(b1, b5);
    FloatVector c3 = HIGH.selectFrom(b1, b5);
    FloatVector c4 = LOW.selectFrom(b2, b6);
    FloatVector c5 = HIGH.selectFrom(b2, b6);
    FloatVector c6 = LOW.selectFrom(b3, b7);
    FloatVector c7 = HIGH.selectFrom(b3, b7);
    FloatVector d0 = LOW.selectFrom(c0, c4);
    FloatVector d1 = HIGH.selectFrom(c0, c4);
    FloatVector d2 = LOW.selectFrom(c1, c5);
    FloatVector d3 = HIGH.selectFrom(c1, c5);
    FloatVector d4 = LOW.selectFrom(c2, c6);
    FloatVector d5 = HIGH.selectFrom(c2, c6);
    FloatVector d6 = LOW.selectFrom(c3, c7);
    FloatVector d7 = HIGH.selectFrom(c3, c7);
    d0.intoMemorySegment(ALL, dst & MASK, ORDER);
    d1.intoMemorySegment(ALL, (dst + ldd) & MASK, ORDER);
    d2.intoMemorySegment(ALL, (dst + 2 * ldd) & MASK, ORDER);
    d3.intoMemorySegment(ALL, (dst + 3 * ldd) & MASK, ORDER);
    d4.intoMemorySegment(ALL, (dst + 4 * ldd) & MASK, ORDER);
    d5.intoMemorySegment(ALL, (dst + 5 * ldd) & MASK, ORDER);
    d6.intoMemorySegment(ALL, (dst + 6 * ldd) & MASK, ORDER);
    d7.intoMemorySegment(ALL, (dst + 7 * ldd) & MASK, ORDER);
  }

  private static void tile16(long dst, long ldd, long src, long lds) {
    FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, ALL, src & MASK, ORDER);
    FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + lds) & MASK, ORDER);
    FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 2 * lds) & MASK, ORDER);
    FloatVector a3 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 3 * lds) & MASK, ORDER);
    FloatVector a4 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 4 * lds) & MASK, ORDER);
    FloatVector a5 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 5 * lds) & MASK, ORDER);
    FloatVector a6 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 6 * lds) & MASK, ORDER);
    FloatVector a7 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 7 * lds) & MASK, ORDER);
    FloatVector a8 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 8 * lds) & MASK, ORDER);
    FloatVector a9 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 9 * lds) & MASK, ORDER);
    FloatVector a10 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 10 * lds) & MASK, ORDER);
    FloatVector a11 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 11 * lds) & MASK, ORDER);
    FloatVector a12 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 12 * lds) & MASK, ORDER);
    FloatVector a13 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 13 * lds) & MASK, ORDER);
    FloatVector a14 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 14 * lds) & MASK, ORDER);
    FloatVector a15 = FloatVector.fromMemorySegment(SPECIES, ALL, (src + 15 * lds) & MASK, ORDER);
    FloatVector b0 = LOW.selectFrom(a0, a8);
    FloatVector b1 = HIGH.selectFrom(a0, a8);
    FloatVector b2 = LOW.selectFrom(a1, a9);
    FloatVector b3 = HIGH.selectFrom(a1, a9);
    FloatVector b4 = LOW.selectFrom(a2, a10);
    FloatVector b5 = HIGH.selectFrom(a2, a10);
    FloatVector b6 = LOW.selectFrom(a3, a11);
    FloatVector b7 = HIGH.selectFrom(a3, a11);
    FloatVector b8 = LOW.selectFrom(a4, a12);
    FloatVector b9 = HIGH.selectFrom(a4, a12);
    FloatVector b10 = LOW.selectFrom(a5, a13);
    FloatVector b11 = HIGH.selectFrom(a5, a13);
    FloatVector b12 = LOW.selectFrom(a6, a14);
    FloatVector b13 = HIGH.selectFrom(a6, a14);
    FloatVector b14 = LOW.selectFrom(a7, a15);
    FloatVector b15 = HIGH.selectFrom(a7, a15);
    FloatVector c0 = LOW.selectFrom(b0, b8);
    FloatVector c1 = HIGH.selectFrom(b0, b8);
    FloatVector c2 = LOW.selectFrom(b1, b9);
    FloatVector c3 = HIGH.selectFrom(b1, b9);
    FloatVector c4 = LOW.selectFrom(b2, b10);
    FloatVector c5 = HIGH.selectFrom(b2, b10);
    FloatVector c6 = LOW.selectFrom(b3, b11);
    FloatVector c7 = HIGH.selectFrom(b3, b11);
    FloatVector c8 = LOW.selectFrom(b4, b12);
    FloatVector c9 = HIGH.selectFrom(b4, b12);
    FloatVector c10 = LOW.selectFrom(b5, b13);
    FloatVector c11 = HIGH.selectFrom(b5, b13);
    FloatVector c12 = LOW.selectFrom(b6, b14);
    FloatVector c13 = HIGH.selectFrom(b6, b14);
    FloatVector c14 = LOW.selectFrom(b7, b15);
    FloatVector c15 = HIGH.selectFrom(b7, b15);
    FloatVector d0 = LOW.selectFrom(c0, c8);
    FloatVector d1 = HIGH.selectFrom(c0, c8);
    FloatVector d2 = LOW.selectFrom(c1, c9);
    FloatVector d3 = HIGH.selectFrom(c1, c9);
    FloatVector d4 = LOW.selectFrom(c2, c10);
    FloatVector d5 = HIGH.selectFrom(c2, c10);
    FloatVector d6 = LOW.selectFrom(c3, c11);
    FloatVector d7 = HIGH.selectFrom(c3, c11);
    FloatVector d8 = LOW.selectFrom(c4, c12);
    FloatVector d9 = HIGH.selectFrom(c4, c12);
    FloatVector d10 = LOW.selectFrom(c5, c13);
    FloatVector d11 = HIGH.selectFrom(c5, c13);
    FloatVector d12 = LOW.selectFrom(c6, c14);
    FloatVector d13 = HIGH.selectFrom(c6, c14);
    FloatVector d14 = LOW.selectFrom(c7, c15);
    FloatVector d15 = HIGH.selectFrom(c7, c15);
    FloatVector e0 = LOW.selectFrom(d0, d8);
    FloatVector e1 = HIGH.selectFrom(d0, d8);
    FloatVector e2 = LOW.selectFrom(d1, d9);
    FloatVector e3 = HIGH.selectFrom(d1, d9);
    FloatVector e4 = LOW.selectFrom(d2, d10);
    FloatVector e5 = HIGH.selectFrom(d2, d10);
    FloatVector e6 = LOW.selectFrom(d3, d11);
    FloatVector e7 = HIGH.selectFrom(d3, d11);
    FloatVector e8 = LOW.selectFrom(d4, d12);
    FloatVector e9 = HIGH.selectFrom(d4, d12);
    FloatVector e10 = LOW.selectFrom(d5, d13);
    FloatVector e11 = HIGH.selectFrom(d5, d13);
    FloatVector e12 = LOW.selectFrom(d6, d14);
    FloatVector e13 = HIGH.selectFrom(d6, d14);
    FloatVector e14 = LOW.selectFrom(d7, d15);
    FloatVector e15 = HIGH.selectFrom(d7, d15);
    e0.intoMemorySegment(ALL, dst & MASK, ORDER);
    e1.intoMemorySegment(ALL, (dst + ldd) & MASK, ORDER);
    e2.intoMemorySegment(ALL, (dst + 2 * ldd) & MASK, ORDER);
    e3.intoMemorySegment(ALL, (dst + 3 * ldd) & MASK, ORDER);
    e4.intoMemorySegment(ALL, (dst + 4 * ldd) & MASK, ORDER);
    e5.intoMemorySegment(ALL, (dst + 5 * ldd) & MASK, ORDER);
    e6.intoMemorySegment(ALL, (dst + 6 * ldd) & MASK, ORDER);
    e7.intoMemorySegment(ALL, (dst + 7 * ldd) & MASK, ORDER);
    e8.intoMemorySegment(ALL, (dst + 8 * ldd) & MASK, ORDER);
    e9.intoMemorySegment(ALL, (dst + 9 * ldd) & MASK, ORDER);
    e10.intoMemorySegment(ALL, (dst + 10 * ldd) & MASK, ORDER);
    e11.intoMemorySegment(ALL, (dst + 11 * ldd) & MASK, ORDER);
    e12.intoMemorySegment(ALL, (dst + 12 * ldd) & MASK, ORDER);
    e13.intoMemorySegment(ALL, (dst + 13 * ldd) & MASK, ORDER);
    e14.intoMemorySegment(ALL, (dst + 14 * ldd) & MASK, ORDER);
    e15.intoMemorySegment(ALL, (dst + 15 * ldd) & MASK, ORDER);
  }
}
