package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;

/**
 * Positions of the best along one axis. Elements become integers of the same order, so that one
 * code serves all types: a larger <em>rank</em> is better.
 *
 * <p>Workspace: a heap of the k best so far, the worst on top, as k ranks followed by k positions
 * of 8 bytes each. Most elements of a long line are turned down by one comparison with its top.
 */
record Top(Op.Top op) implements Kernel {
  @Override
  public long workspaceBytes() {
    return 2L * Long.BYTES * op.k();
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    View out = operands.out().getFirst();
    DType dtype = x.type().dtype();
    int size = x.shape().dim(op.axis());
    long xStep = x.strides()[op.axis()];
    long outStep = out.strides()[op.axis()];
    Nest lines = Lines.across(out, x, op.axis());
    Nest.Run run =
        (to, from, heap, d, count) -> {
          for (long i = 0; i < count; i++) {
            long src = from + i * lines.step(1);
            long dst = to + i * lines.step(0);
            if (op.k() == 1) {
              setLong(dst, best(dtype, src, xStep, size));
            } else {
              collect(dtype, src, xStep, size, heap);
              unload(heap, dst, outStep);
            }
          }
        };
    return Split.byCost(
        op.k() == 0 ? 0 : lines.elements(),
        2L * size,
        (from, to, worker) ->
            lines.walk(from, to, run, out.address(), x.address(), operands.workspace(worker), 0));
  }

  private long best(DType dtype, long x, long step, int size) {
    long best = 0;
    long most = rank(dtype, x);
    for (int i = 1; i < size; i++) {
      long rank = rank(dtype, x + i * step);
      if (op.lastOfEqual() ? rank >= most : rank > most) {
        most = rank;
        best = i;
      }
    }
    return best;
  }

  private void collect(DType dtype, long x, long step, int size, long heap) {
    int k = op.k();
    for (int i = 0; i < k; i++) {
      setLong(heap + 8L * i, rank(dtype, x + i * step));
      setLong(position(heap, i), i);
    }
    for (int i = k / 2 - 1; i >= 0; i--) {
      sink(heap, i, k);
    }
    for (int i = k; i < size; i++) {
      long rank = rank(dtype, x + i * step);
      if (isWorse(getLong(heap), getLong(position(heap, 0)), rank, i)) {
        setLong(heap, rank);
        setLong(position(heap, 0), i);
        sink(heap, 0, k);
      }
    }
  }

  /** Takes the worst off the heap again and again: the result fills from its end. */
  private void unload(long heap, long to, long step) {
    for (int left = op.k() - 1; left >= 0; left--) {
      setLong(to + left * step, getLong(position(heap, 0)));
      setLong(heap, getLong(heap + 8L * left));
      setLong(position(heap, 0), getLong(position(heap, left)));
      sink(heap, 0, left);
    }
  }

  /** Restores the order below a place of a heap of n. */
  private void sink(long heap, int place, int n) {
    long rank = getLong(heap + 8L * place);
    long position = getLong(position(heap, place));
    int at = place;
    for (int child = 2 * at + 1; child < n; child = 2 * at + 1) {
      if (child + 1 < n && isWorse(heap, child + 1, child)) {
        child++;
      }
      long below = getLong(heap + 8L * child);
      if (!isWorse(below, getLong(position(heap, child)), rank, position)) {
        break;
      }
      setLong(heap + 8L * at, below);
      setLong(position(heap, at), getLong(position(heap, child)));
      at = child;
    }
    setLong(heap + 8L * at, rank);
    setLong(position(heap, at), position);
  }

  private boolean isWorse(long heap, int a, int b) {
    return isWorse(
        getLong(heap + 8L * a),
        getLong(position(heap, a)),
        getLong(heap + 8L * b),
        getLong(position(heap, b)));
  }

  private boolean isWorse(long rankA, long positionA, long rankB, long positionB) {
    return rankA != rankB ? rankA < rankB : positionA > positionB != op.lastOfEqual();
  }

  /** Address of the position at a place of the heap. */
  private long position(long heap, int place) {
    return heap + 8L * (op.k() + place);
  }

  private long rank(DType dtype, long address) {
    long rank =
        dtype == DType.FLOAT32
            ? order((float) Elements.getFloat(address))
            : Elements.ordered(dtype, Elements.getLong(dtype, address));
    return op.largest() ? rank : ~rank;
  }

  /** Integers in the order of floats: the zeros are equal and NaN comes last. */
  private static long order(float x) {
    int bits = Float.floatToIntBits(x + 0f); // -0 + 0 is 0, and every NaN is the positive one
    return bits ^ (bits >> 31 & Integer.MAX_VALUE);
  }

  private static long getLong(long address) {
    return Elements.getLong(DType.INT64, address);
  }

  private static void setLong(long address, long value) {
    Elements.setLong(DType.INT64, address, value);
  }
}
