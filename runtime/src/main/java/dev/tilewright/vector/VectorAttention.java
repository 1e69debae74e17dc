package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.Optional;

/**
 * Attention over at least a vector of keys. A unit is a block of queries of one head, whose scores
 * stay in cache: keys are packed with their columns and rows exchanged, a panel at a time, then
 * rows of scores become weights, then they meet panels of the values.
 */
final class VectorAttention implements Kernel {
  /** Queries of a block, at most. */
  private static final int MOST = 64;

  private final Op.Attention op;
  private final int queries;
  private final int keys;
  private final PackedProduct scores;
  private final PackedProduct values;
  private final RowKernel exp = RowKernel.expOfDifference(RowKernel.Second.COLUMN);
  private final RowKernel multiply =
      RowKernel.of(BinaryFunction.MUL, RowKernel.Second.COLUMN).orElseThrow();

  private VectorAttention(Op.Attention op, int queries, int keys, int depth, int width) {
    this.op = op;
    this.queries = queries;
    this.keys = keys;
    int least = queries / blocks();
    scores = PackedProduct.of(least, keys, depth);
    values = PackedProduct.of(least, width, keys);
  }

  static Optional<Kernel> of(OpProblem problem, Op.Attention op) {
    Shape q = problem.in().get(0).shape();
    Shape v = problem.in().get(2).shape();
    if (q.elements() == 0 || v.elements() == 0 || v.dim(1) < Lanes.LENGTH) {
      return Optional.empty();
    }
    int depth = q.last() / op.heads();
    int width = v.last() / op.heads();
    return Optional.of(new VectorAttention(op, q.dim(1), v.dim(1), depth, width));
  }

  private int blocks() {
    return Math.ceilDiv(queries, MOST);
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  /** A vector, a value for each query, scores, a panel; rows of tokens that lie apart. */
  @Override
  public long workspaceBytes() {
    long rows = op.rows() ? Math.max(MOST, keys) * 4L * rowFloats() : 0;
    return ownBytes() + rows;
  }

  private long ownBytes() {
    long panel = Math.max(scores.panelBytes(), values.panelBytes());
    return Lanes.BYTES + 4L * MOST + panel + 4L * MOST * keys;
  }

  /** Of a token of each of the four tensors. */
  private long rowFloats() {
    return 2L * (scores.panels().depth() + values.panels().columns());
  }

  @Override
  public Task bind(Operands operands) {
    View q = operands.in().get(0);
    View v = operands.in().get(2);
    int depth = q.columns() / op.heads();
    int width = v.columns() / op.heads();
    int blocks = blocks();
    long widest = Math.max(scores.panelRow(), values.panelRow());
    long zeros = operands.arena().allocate(widest, 64).address();
    // As many bytes as could be moved meanwhile; an exponential is twenty multiply-adds.
    long work = (long) queries / blocks * keys * (20 + depth + width) / 2;
    return new UnitTask((long) q.shape().dim(0) * op.heads() * blocks, work) {
      @Override
      void units(long from, long to, int worker) {
        long workspace = operands.workspace(worker);
        for (long unit = from; unit < to; unit++) {
          long block = unit % blocks;
          long head = unit / blocks % op.heads();
          long image = unit / blocks / op.heads();
          int first = (int) (queries * block / blocks);
          int end = (int) (queries * (block + 1) / blocks);
          attend(operands, image, head, first, end - first, workspace, zeros);
        }
      }
    };
  }

  private void attend(
      Operands operands, long image, long head, int first, int count, long workspace, long zeros) {
    long column = workspace + Lanes.BYTES;
    long x = column + 4L * MOST;
    long panel = x + 4L * MOST * keys;
    long ldx = 4L * keys;
    int depth = scores.panels().depth();
    int width = values.panels().columns();
    View q = operands.in().get(0);
    View k = operands.in().get(1);
    View v = operands.in().get(2);
    View out = operands.out().getFirst();
    long qs = 4 * q.rowStride();
    long ks = 4 * k.rowStride();
    long vs = 4 * v.rowStride();
    long ds = 4 * out.rowStride();
    long queryAt = q.at(image * queries + first, head * depth);
    long keyAt = k.at(image * keys, head * depth);
    long valueAt = v.at(image * keys, head * width);
    long resultAt = out.at(image * queries + first, head * width);
    View rows = operands.in().getLast(); // if they are named
    long named = rows.address() + 8 * image * rows.rowStride();
    if (op.rows()) {
      qs = 4L * depth;
      ks = qs;
      vs = 4L * width;
      ds = vs;
      queryAt = workspace + ownBytes();
      keyAt = queryAt + qs * count;
      valueAt = keyAt + ks * keys;
      resultAt = valueAt + vs * keys;
      collect(q, head * depth, named + 8L * first, count, queryAt, qs);
      collect(k, head * depth, named, keys, keyAt, ks);
      collect(v, head * width, named, keys, valueAt, vs);
    }
    for (int p = 0; p < scores.panels().count(); p++) {
      int from = scores.panels().column(p);
      turn(keyAt + from * ks, ks, panel);
      scores.rows(queryAt, qs, count, panel, zeros, x + 4L * from, ldx);
    }
    if (op.bias()) {
      add(operands.in().get(3), image, head, first, count, x);
    }
    for (int i = 0; i < count; i++) {
      Lanes.set(column + 4L * i, RowFold.max(x + i * ldx, keys, workspace));
    }
    exp.apply(x, ldx, column, 4, x, ldx, count, keys);
    for (int i = 0; i < count; i++) {
      Lanes.set(column + 4L * i, (float) (1 / RowFold.sum(x + i * ldx, keys, workspace)));
    }
    multiply.apply(x, ldx, column, 4, x, ldx, count, keys);
    for (int p = 0; p < values.panels().count(); p++) {
      long at = 4L * values.panels().column(p);
      values.pack(valueAt + at, vs, panel);
      values.rows(x, ldx, count, panel, zeros, resultAt + at, ds);
    }
    if (op.rows()) {
      spread(resultAt, ds, out, head * width, named + 8L * first, count);
    }
  }

  /**
   * Columns of some tokens, next to each other.
   *
   * @param rows address of the numbers of their rows
   */
  private static void collect(View view, long column, long rows, int count, long to, long step) {
    for (int i = 0; i < count; i++) {
      move(view.at(row(rows, i), column), to + i * step, step);
    }
  }

  /** The other way. */
  private static void spread(long from, long step, View view, long column, long rows, int count) {
    for (int i = 0; i < count; i++) {
      move(from + i * step, view.at(row(rows, i), column), step);
    }
  }

  private static long row(long rows, long token) {
    return Memory.ALL.get(JAVA_LONG_UNALIGNED, rows + 8 * token);
  }

  private static void move(long from, long to, long bytes) {
    for (long at = 0; at < bytes; at += 4) {
      Lanes.set(to + at, Lanes.get(from + at));
    }
  }

  /** Packs a panel of keys, scaled; its last vector may begin before the one before ends. */
  private void turn(long k, long ldk, long to) {
    Panels panels = scores.panels();
    int depth = panels.depth();
    long row = scores.panelRow();
    for (int v = 0; v < panels.nv(); v++) {
      long first = v == panels.nv() - 1 ? panels.last() / 4 : (long) v * Lanes.LENGTH;
      for (int lane = 0; lane < Lanes.LENGTH; lane++) {
        long from = k + (first + lane) * ldk;
        long at = to + (long) v * Lanes.BYTES + 4L * lane;
        for (int i = 0; i < depth; i++) {
          Lanes.set(at + i * row, Lanes.get(from + 4L * i) * op.scale());
        }
      }
    }
  }

  private void add(View bias, long image, long head, int first, int count, long x) {
    Shape shape = bias.shape();
    long heads = shape.dim(1);
    long row = (image % shape.dim(0) * heads + (heads == 1 ? 0 : head)) * keys;
    long step = bias.columns() == 1 ? 0 : 1;
    for (int s = 0; s < keys; s++) {
      long from = bias.at(row + s, first * step);
      long to = x + 4L * s;
      for (int i = 0; i < count; i++) {
        long at = to + 4L * i * keys;
        Lanes.set(at, Lanes.get(at) + Lanes.get(from + 4L * i * step));
      }
    }
  }
}
