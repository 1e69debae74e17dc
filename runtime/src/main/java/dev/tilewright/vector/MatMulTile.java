package dev.tilewright.vector;

import jdk.incubator.vector.FloatVector;

/**
 * Micro-kernels: rows of a times a packed panel of two vectors, [K][2 LENGTH]. 6x2 keeps 12
 * accumulators, enough to hide the latency of the multiply-add, in 16 registers.
 */
final class MatMulTile {
  static final int ROWS = 6;
  static final int COLUMNS = 2 * Lanes.LENGTH;
  static final int PANEL_BYTES = 4 * COLUMNS;

  private MatMulTile() {}

  /** Six rows by the whole panel. */
  static void wide(long a, long lda, long panel, long dst, long ldd, int k) {
    FloatVector c00 = Lanes.broadcast(0);
    FloatVector c01 = Lanes.broadcast(0);
    FloatVector c10 = Lanes.broadcast(0);
    FloatVector c11 = Lanes.broadcast(0);
    FloatVector c20 = Lanes.broadcast(0);
    FloatVector c21 = Lanes.broadcast(0);
    FloatVector c30 = Lanes.broadcast(0);
    FloatVector c31 = Lanes.broadcast(0);
    FloatVector c40 = Lanes.broadcast(0);
    FloatVector c41 = Lanes.broadcast(0);
    FloatVector c50 = Lanes.broadcast(0);
    FloatVector c51 = Lanes.broadcast(0);
    for (int i = 0; i < k; i++) {
      long p = panel + (long) i * PANEL_BYTES;
      FloatVector b0 = Lanes.load(p);
      FloatVector b1 = Lanes.load(p + Lanes.BYTES);
      FloatVector a0 = Lanes.spread(a + 4L * i);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = Lanes.spread(a + lda + 4L * i);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = Lanes.spread(a + 2 * lda + 4L * i);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = Lanes.spread(a + 3 * lda + 4L * i);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      FloatVector a4 = Lanes.spread(a + 4 * lda + 4L * i);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = Lanes.spread(a + 5 * lda + 4L * i);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    Lanes.store(c00, dst);
    Lanes.store(c01, dst + Lanes.BYTES);
    Lanes.store(c10, dst + ldd);
    Lanes.store(c11, dst + ldd + Lanes.BYTES);
    Lanes.store(c20, dst + 2 * ldd);
    Lanes.store(c21, dst + 2 * ldd + Lanes.BYTES);
    Lanes.store(c30, dst + 3 * ldd);
    Lanes.store(c31, dst + 3 * ldd + Lanes.BYTES);
    Lanes.store(c40, dst + 4 * ldd);
    Lanes.store(c41, dst + 4 * ldd + Lanes.BYTES);
    Lanes.store(c50, dst + 5 * ldd);
    Lanes.store(c51, dst + 5 * ldd + Lanes.BYTES);
  }

  /** Six rows by the first vector of the panel. */
  static void narrow(long a, long lda, long panel, long dst, long ldd, int k) {
    FloatVector c00 = Lanes.broadcast(0);
    FloatVector c10 = Lanes.broadcast(0);
    FloatVector c20 = Lanes.broadcast(0);
    FloatVector c30 = Lanes.broadcast(0);
    FloatVector c40 = Lanes.broadcast(0);
    FloatVector c50 = Lanes.broadcast(0);
    for (int i = 0; i < k; i++) {
      long p = panel + (long) i * PANEL_BYTES;
      FloatVector b0 = Lanes.load(p);
      FloatVector a0 = Lanes.spread(a + 4L * i);
      c00 = a0.fma(b0, c00);
      FloatVector a1 = Lanes.spread(a + lda + 4L * i);
      c10 = a1.fma(b0, c10);
      FloatVector a2 = Lanes.spread(a + 2 * lda + 4L * i);
      c20 = a2.fma(b0, c20);
      FloatVector a3 = Lanes.spread(a + 3 * lda + 4L * i);
      c30 = a3.fma(b0, c30);
      FloatVector a4 = Lanes.spread(a + 4 * lda + 4L * i);
      c40 = a4.fma(b0, c40);
      FloatVector a5 = Lanes.spread(a + 5 * lda + 4L * i);
      c50 = a5.fma(b0, c50);
    }
    Lanes.store(c00, dst);
    Lanes.store(c10, dst + ldd);
    Lanes.store(c20, dst + 2 * ldd);
    Lanes.store(c30, dst + 3 * ldd);
    Lanes.store(c40, dst + 4 * ldd);
    Lanes.store(c50, dst + 5 * ldd);
  }

  /** One row by the whole panel. */
  static void row(long a, long panel, long dst, int k) {
    FloatVector c00 = Lanes.broadcast(0);
    FloatVector c01 = Lanes.broadcast(0);
    for (int i = 0; i < k; i++) {
      long p = panel + (long) i * PANEL_BYTES;
      FloatVector b0 = Lanes.load(p);
      FloatVector b1 = Lanes.load(p + Lanes.BYTES);
      FloatVector a0 = Lanes.spread(a + 4L * i);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
    }
    Lanes.store(c00, dst);
    Lanes.store(c01, dst + Lanes.BYTES);
  }
}
