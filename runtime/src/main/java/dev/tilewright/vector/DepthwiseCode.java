package dev.tilewright.vector;

import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Vec;
import org.jspecify.annotations.Nullable;

/**
 * Writes one depthwise micro-kernel. Each input is loaded once for a tile and a filter row, and
 * used by all output pixels whose window it is in. Padding columns are read from zeros, so that one
 * kernel serves a whole layer.
 *
 * <p>Small filters are straight-line code. C2 does not keep the order of a long one, finishes one
 * pixel after the other and spills: 5x5 then has 22-60 % of the peak with data in L1, and 78 % with
 * a loop over the filter's rows.
 */
final class DepthwiseCode {
  private final VectorCode code;
  private final DepthwiseSpec spec;
  private final Num rows;
  private final Num last;
  private final Num filter;
  private final Num dst;
  private final Num residual;
  private final Num dstStride;
  private final Num residualStride;
  private final Num zeros;

  /** Offset of each window column. */
  private final Num[] at;

  /** For window columns that may be padding, all ones if this one is not. */
  private final @Nullable Num[] inside;

  /** Of the channels, if they are fewer than lanes. */
  private final @Nullable Mask mask;

  DepthwiseCode(VectorCode code, DepthwiseSpec spec) {
    this.code = code;
    this.spec = spec;
    rows = code.address(code.longArgument(0), 0);
    Num pixelStride = code.bounded(code.longArgument(2));
    last = code.bounded(code.longArgument(4));
    filter = code.address(code.longArgument(6), 0);
    dst = code.address(code.longArgument(8), 0);
    dstStride = code.bounded(code.longArgument(9));
    residual = code.address(code.longArgument(11), 0);
    residualStride = code.bounded(code.longArgument(12));
    zeros = code.longArgument(16);
    at = new Num[spec.window()];
    inside = new Num[spec.window()];
    for (int j = 0; j < spec.window(); j++) {
      if (!spec.isUsed(j)) {
        continue;
      }
      at[j] = code.times(pixelStride, j);
      if (spec.isEdge(j)) {
        inside[j] = code.inside(j, code.longArgument(14), code.longArgument(15));
      }
    }
    mask = spec.masked() ? code.first(code.longArgument(5)) : null;
  }

  void emit() {
    switch (spec.order()) {
      case CHANNELS -> alongChannels();
      case DOWN -> down();
      case FILTER_ROWS -> overFilterRows();
    }
  }

  private void alongChannels() {
    Num[][] edge = new Num[spec.inputRows()][spec.window()];
    Num[] row = inputRows(rows, edge);
    code.loop(
        code.intArgument(3),
        v -> {
          Num channel = spec.masked() ? code.number(0) : code.least(v, Lanes.BYTES, last);
          Num w = code.address(filter, v, (1L + spec.taps()) * Lanes.BYTES);
          straight(row, edge, channel, w, dst, residual);
        });
  }

  private void down() {
    code.loop(
        code.intArgument(3),
        i -> {
          Num y = code.least(i, spec.rows(), last);
          Num[][] edge = new Num[spec.inputRows()][spec.window()];
          Num[] row = inputRows(code.address(rows, code.times(y, 8L * spec.kernelHeight())), edge);
          Num to = code.address(dst, code.times(y, code.longArgument(10)));
          Num from = residual;
          if (spec.residual()) {
            from = code.address(residual, code.times(y, code.longArgument(13)));
          }
          straight(row, edge, code.number(0), filter, to, from);
        });
  }

  private void overFilterRows() {
    code.loop(
        code.intArgument(3),
        v -> {
          Num channel = spec.masked() ? code.number(0) : code.least(v, Lanes.BYTES, last);
          Num w = code.address(filter, v, (1L + spec.taps()) * Lanes.BYTES);
          Num column = code.sum(code.longArgument(1), channel);
          Num zero = code.address(zeros, channel);
          Vec[][] acc = start(w);
          Num taps = code.address(w, Lanes.BYTES);
          code.loop(
              code.intArgument(7),
              r -> {
                code.exact(acc);
                Num table = code.address(rows, r, 8);
                Vec[] tap = taps(code.address(taps, r, (long) spec.kernelWidth() * Lanes.BYTES), 0);
                for (int q = 0; q < spec.rows(); q++) {
                  Num start = code.loadLong(table, 8L * q * spec.kernelHeight());
                  filterRow(acc[q], tap, code.address(start, column), zero);
                }
              });
          code.exact(acc);
          finish(acc, code.sum(dst, channel), code.sum(residual, channel));
        });
  }

  /** Adds one row of the filter to one output row. */
  private void filterRow(Vec[] acc, Vec[] tap, Num row, Num zero) {
    for (int j = 0; j < spec.window(); j++) {
      if (spec.isUsed(j)) {
        int mark = code.mark();
        Num from = code.sum(row, at[j]);
        Num in = inside[j];
        multiply(acc, tap, load(in == null ? from : code.select(in, from, zero)), j);
        code.release(mark);
      }
    }
  }

  /** Addresses of the tile's input rows, and of their columns that may be padding. */
  private Num[] inputRows(Num table, Num[][] edge) {
    Num[] row = new Num[spec.inputRows()];
    for (int q = 0; q < spec.rows(); q++) {
      for (int r = 0; r < spec.kernelHeight(); r++) {
        int i = spec.inputRow(q, r);
        if (row[i] == null) {
          Num start = code.loadLong(table, 8L * (q * spec.kernelHeight() + r));
          row[i] = code.address(start, code.longArgument(1));
          for (int j = 0; j < spec.window(); j++) {
            Num in = inside[j];
            if (in != null) {
              edge[i][j] = code.select(in, code.sum(row[i], at[j]), zeros);
            }
          }
        }
      }
    }
    return row;
  }

  /** One vector of channels of a tile. */
  private void straight(Num[] row, Num[][] edge, Num channel, Num w, Num to, Num from) {
    Vec[][] acc = start(w);
    for (int i = 0; i < row.length; i++) {
      if (row[i] != null) {
        int mark = code.mark();
        inputRow(i, acc, code.sum(row[i], channel), edge[i], channel, w);
        code.release(mark);
      }
    }
    finish(acc, code.sum(to, channel), code.sum(from, channel));
  }

  /** Adds what one input row gives to all output rows of the tile. */
  private void inputRow(int i, Vec[][] acc, Num base, Num[] edge, Num channel, Num w) {
    Vec[][] tap = new Vec[spec.rows()][];
    for (int q = 0; q < spec.rows(); q++) {
      int r = spec.filterRow(i, q);
      tap[q] = r < 0 ? null : taps(w, 1L + (long) r * spec.kernelWidth());
    }
    for (int j = 0; j < spec.window(); j++) {
      if (spec.isUsed(j)) {
        int mark = code.mark();
        Vec x = load(edge[j] == null ? code.sum(base, at[j]) : code.sum(edge[j], channel));
        for (int q = 0; q < spec.rows(); q++) {
          if (tap[q] != null) {
            multiply(acc[q], tap[q], x, j);
          }
        }
        code.release(mark);
      }
    }
  }

  private Vec[][] start(Num w) {
    Vec bias = code.load(w, 0);
    Vec[][] acc = new Vec[spec.rows()][spec.pixels()];
    for (Vec[] row : acc) {
      for (int p = 0; p < spec.pixels(); p++) {
        row[p] = code.copy(bias);
      }
    }
    return acc;
  }

  /** A filter row, {@code first} vectors from w. */
  private Vec[] taps(Num w, long first) {
    Vec[] tap = new Vec[spec.kernelWidth()];
    for (int t = 0; t < spec.kernelWidth(); t++) {
      tap[t] = code.load(w, (first + t) * Lanes.BYTES);
    }
    return tap;
  }

  /** Adds the products of window column j with every tap that meets it. */
  private void multiply(Vec[] acc, Vec[] tap, Vec x, int j) {
    for (int t = 0; t < spec.kernelWidth(); t++) {
      int p = spec.pixel(j, t);
      if (p >= 0) {
        code.fma(acc[p], x, tap[t]);
      }
    }
  }

  private void finish(Vec[][] acc, Num to, Num from) {
    Num dstRow = to;
    Num residualRow = from;
    for (int q = 0; q < spec.rows(); q++) {
      if (q > 0) {
        dstRow = code.address(dstRow, code.longArgument(10));
        residualRow =
            spec.residual() ? code.address(residualRow, code.longArgument(13)) : residualRow;
      }
      for (int p = 0; p < spec.pixels(); p++) {
        int mark = code.mark();
        Vec sum = acc[q][p];
        if (spec.residual()) {
          sum = code.add(sum, load(code.sum(residualRow, code.times(residualStride, p))));
        }
        Vec y = FunctionCode.emit(code, spec.activation(), sum);
        Num at = code.sum(dstRow, code.times(dstStride, p));
        if (mask == null) {
          code.store(y, at, 0);
        } else {
          code.store(y, at, mask);
        }
        code.release(mark);
      }
    }
  }

  private Vec load(Num from) {
    return mask == null ? code.load(from, 0) : code.load(from, mask);
  }
}
