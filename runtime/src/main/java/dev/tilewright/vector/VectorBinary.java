package dev.tilewright.vector;

import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import dev.tilewright.vector.Nest.Loop;
import dev.tilewright.vector.RowKernel.Second;
import java.util.List;
import java.util.Optional;

/**
 * Arithmetic of two tensors that comes down to three loops (images, rows, columns), each operand
 * walking or repeating in each: equal shapes, scalars, a vector per channel, a column per pixel, a
 * vector per image and more. Other broadcasts are the portable kernel's.
 */
final class VectorBinary implements Kernel {
  private final RowKernel function;

  /** Whether the first operand is a column: it is then passed second. */
  private final boolean swap;

  private final boolean strided;

  /** Channels that a whole period of the pattern repeats for, or 0: see {@link #bindPattern}. */
  private final int pattern;

  private VectorBinary(RowKernel function, boolean swap, boolean strided, int pattern) {
    this.function = function;
    this.swap = swap;
    this.strided = strided;
    this.pattern = pattern;
  }

  static Optional<Kernel> of(OpProblem problem, BinaryFunction function) {
    TensorType out = problem.out().getFirst();
    if (out.dtype() != DType.FLOAT32) {
      return Optional.empty();
    }
    List<View> in = problem.in().stream().map(t -> View.dense(0, t)).toList();
    List<Loop> loops = nest(in.get(0), in.get(1), View.dense(0, out));
    if (Nest.isRows(loops)) {
      List<View> gapped = problem.in().stream().map(VectorBinary::gapped).toList();
      boolean strided = Nest.isRows(nest(gapped.get(0), gapped.get(1), gapped(out)));
      boolean swap = loops.getLast().step(1) == 0;
      boolean column = loops.getLast().step(2) == 0;
      Second second = swap ? Second.REVERSED_COLUMN : column ? Second.COLUMN : Second.VECTORS;
      return RowKernel.of(function, second).map(f -> new VectorBinary(f, swap, strided, 0));
    }
    int channels = out.shape().last();
    boolean perChannel =
        in.get(0).type().equals(out)
            && in.get(1).shape().elements() == channels
            && in.get(1).shape().last() == channels;
    return perChannel && out.shape().elements() >= Lanes.LENGTH
        ? RowKernel.of(function, Second.VECTORS)
            .map(f -> new VectorBinary(f, false, false, channels))
        : Optional.empty();
  }

  /** Like a channel slice of a wider tensor. */
  private static View gapped(TensorType type) {
    return new View(0, type, type.shape().last() + 1L);
  }

  /** Operands: dst, a, b. */
  private static List<Loop> nest(View a, View b, View dst) {
    Shape shape = dst.shape();
    return Nest.over(shape.dims(), List.of(dst.strides(), a.strides(shape), b.strides(shape)));
  }

  @Override
  public boolean acceptsStridedRows() {
    return strided;
  }

  /** What a row kernel takes first; the end of a pattern is computed twice. */
  @Override
  public boolean mayOverwrite(int input) {
    return pattern == 0 && input == (swap ? 1 : 0);
  }

  @Override
  public long workspaceBytes() {
    return pattern == 0 ? 0 : 2L * pattern * Lanes.BYTES;
  }

  @Override
  public Task bind(Operands operands) {
    View a = operands.in().get(0);
    View b = operands.in().get(1);
    View dst = operands.out().getFirst();
    if (pattern != 0) {
      return bindPattern(operands, a.address(), b.address(), dst);
    }
    List<Loop> loops = nest(a, b, dst);
    Loop columns = loops.getLast();
    Loop still = new Loop(1, 0, 0, 0);
    Loop rows = loops.size() > 1 ? loops.get(loops.size() - 2) : still;
    Loop images = loops.size() > 2 ? loops.getFirst() : still;
    View first = swap ? b : a;
    View second = swap ? a : b;
    int x = swap ? 2 : 1;
    int y = 3 - x;
    return images.size * rows.size == 1
        ? flat(function, first.address(), second.address(), columns.step(y), dst, columns.size)
        : nested(
            function,
            first.address(),
            second.address(),
            dst.address(),
            loops(images, rows, columns),
            x);
  }

  /** A unit is a whole vector of the one long row; the last takes the rest along. */
  private static Task flat(
      RowKernel function, long a, long b, long stepB, View dst, long elements) {
    long vectors = elements / Lanes.LENGTH;
    return new UnitTask(vectors, 12L * Lanes.LENGTH) {
      @Override
      void units(long from, long to, int worker) {
        long first = from * Lanes.LENGTH;
        long n = (to == vectors ? elements : to * Lanes.LENGTH) - first;
        long d = dst.address() + 4 * first;
        function.apply(a + 4 * first, 0, b + stepB * first, 0, d, 0, 1, n);
      }
    };
  }

  private static Loop[] loops(Loop images, Loop rows, Loop columns) {
    return new Loop[] {images, rows, columns};
  }

  /** A unit is a row. */
  private static Task nested(RowKernel function, long a, long b, long dst, Loop[] loops, int x) {
    Loop images = loops[0];
    Loop rows = loops[1];
    int y = 3 - x;
    long columns = loops[2].size;
    return new UnitTask(images.size * rows.size, 12 * columns) {
      @Override
      void units(long from, long to, int worker) {
        long unit = from;
        while (unit < to) {
          long image = unit / rows.size;
          long row = unit % rows.size;
          long count = Math.min(rows.size - row, to - unit);
          function.apply(
              a + image * images.step(x) + row * rows.step(x),
              rows.step(x),
              b + image * images.step(y) + row * rows.step(y),
              rows.step(y),
              dst + image * images.step(0) + row * rows.step(0),
              rows.step(0),
              count,
              columns);
          unit += count;
        }
      }
    };
  }

  /**
   * A vector per channel with fewer channels than lanes (the mean of an RGB image): it is repeated
   * in the workspace until a row of it is as many vectors as there are channels, twice over so that
   * the rest of the tensor, shorter than a row, can start at any channel.
   */
  private Task bindPattern(Operands operands, long a, long b, View dst) {
    long period = (long) pattern * Lanes.LENGTH;
    long elements = dst.shape().elements();
    return new UnitTask(Math.ceilDiv(elements, period), 12 * period) {
      @Override
      void units(long from, long to, int worker) {
        long repeated = operands.workspace(worker);
        for (int i = 0; i < 2 * period; i++) {
          Lanes.set(repeated + 4L * i, Lanes.get(b + 4L * (i % pattern)));
        }
        long first = from * period;
        long rows = Math.min(to * period, elements) / period - from;
        if (rows > 0) {
          function.apply(
              a + 4 * first,
              4 * period,
              repeated,
              0,
              dst.address() + 4 * first,
              4 * period,
              rows,
              period);
        }
        long done = first + rows * period;
        long rest = Math.min(to * period, elements) - done;
        if (rest > 0) {
          // At least a vector, reaching back into what is done if there is not enough left.
          long start = Math.min(done, elements - Lanes.LENGTH);
          long at = dst.address() + 4 * start;
          function.apply(
              a + 4 * start, 0, repeated + 4 * (start % pattern), 0, at, 0, 1, elements - start);
        }
      }
    };
  }
}
