package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Mean, sum, product or extremum over some axes. Floats accumulate in double, integers in 64 bits;
 * NaN propagates. Of nothing, a sum is 0, a product 1, a maximum the least value of the type, a
 * minimum the greatest, a mean NaN or (integers) a {@link ShapeException}.
 *
 * <p>A block of neighbouring results is reduced together, so that channels-last images are read row
 * by row. Workspace: the accumulators of a block, 8 bytes each.
 */
record Reduce(Op.Reduce op) implements Kernel {
  private static final int BLOCK = 64;

  @Override
  public long workspaceBytes() {
    return BLOCK * Long.BYTES;
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    View out = operands.out().getFirst();
    Shape shape = x.shape();
    List<Integer> axes = op.axes().stream().distinct().sorted().toList();
    List<Integer> kept =
        IntStream.range(0, shape.rank()).filter(i -> !axes.contains(i)).boxed().toList();
    long[] strides = x.strides();
    Nest reduced = nest(shape, axes, Nest.pick(strides, axes));
    List<Integer> places = op.keepDims() ? kept : IntStream.range(0, kept.size()).boxed().toList();
    Nest results = nest(shape, kept, Nest.pick(out.strides(), places), Nest.pick(strides, kept));
    Reduction reduction = new Reduction(op.kind(), x.type().dtype(), results, reduced);
    return Split.byCost(
        results.elements(),
        reduced.elements(),
        (from, to, worker) -> {
          long accumulators = operands.workspace(worker);
          results.walk(from, to, reduction, out.address(), x.address(), accumulators, 0);
        });
  }

  private static Nest nest(Shape shape, List<Integer> axes, long[]... strides) {
    return new Nest(new Shape(axes.stream().map(shape::dim).toList()), strides);
  }

  /** Reduces a run of results; its third address is that of the accumulators. */
  private record Reduction(Op.ReduceKind kind, DType dtype, Nest results, Nest reduced)
      implements Nest.Run {
    @Override
    public void run(long out, long x, long accumulators, long unused, long count) {
      for (long first = 0; first < count; first += BLOCK) {
        long n = Math.min(BLOCK, count - first);
        long to = out + first * results.step(0);
        long from = x + first * results.step(1);
        if (dtype == DType.FLOAT32) {
          floats(to, from, accumulators, n);
        } else {
          integers(to, from, accumulators, n);
        }
      }
    }

    private void floats(long to, long from, long accumulators, long n) {
      double start = floatStart();
      for (long j = 0; j < n; j++) {
        Elements.setDouble(accumulators + 8 * j, start);
      }
      long elements = reduced.elements();
      for (long r = 0; r < elements; r++) {
        long row = from + reduced.offset(0, r);
        for (long j = 0; j < n; j++) {
          double sum = Elements.getDouble(accumulators + 8 * j);
          double value = Elements.getFloat(row + j * results.step(1));
          Elements.setDouble(accumulators + 8 * j, combine(sum, value));
        }
      }
      for (long j = 0; j < n; j++) {
        double sum = Elements.getDouble(accumulators + 8 * j);
        Elements.setFloat(
            to + j * results.step(0), kind == Op.ReduceKind.MEAN ? sum / elements : sum);
      }
    }

    private void integers(long to, long from, long accumulators, long n) {
      long elements = reduced.elements();
      if (kind == Op.ReduceKind.MEAN && elements == 0) {
        throw new ShapeException("mean of no integers");
      }
      long start = integerStart();
      for (long j = 0; j < n; j++) {
        Elements.setLong(DType.INT64, accumulators + 8 * j, start);
      }
      for (long r = 0; r < elements; r++) {
        long row = from + reduced.offset(0, r);
        for (long j = 0; j < n; j++) {
          long sum = Elements.getLong(DType.INT64, accumulators + 8 * j);
          long value = Elements.getLong(dtype, row + j * results.step(1));
          Elements.setLong(DType.INT64, accumulators + 8 * j, combine(sum, value));
        }
      }
      for (long j = 0; j < n; j++) {
        long sum = Elements.getLong(DType.INT64, accumulators + 8 * j);
        Elements.setLong(dtype, to + j * results.step(0), whole(sum, elements));
      }
    }

    private long whole(long sum, long elements) {
      return switch (kind) {
        case MEAN -> dtype == DType.UINT64 ? Long.divideUnsigned(sum, elements) : sum / elements;
        case SUM, PROD, MAX, MIN -> sum;
      };
    }

    private double floatStart() {
      return switch (kind) {
        case MEAN, SUM -> 0;
        case PROD -> 1;
        case MAX -> Double.NEGATIVE_INFINITY;
        case MIN -> Double.POSITIVE_INFINITY;
      };
    }

    private long integerStart() {
      return switch (kind) {
        case MEAN, SUM -> 0;
        case PROD -> 1;
        case MAX -> Elements.toLong(dtype, Double.NEGATIVE_INFINITY);
        case MIN -> Elements.toLong(dtype, Double.POSITIVE_INFINITY);
      };
    }

    private double combine(double sum, double value) {
      return switch (kind) {
        case MEAN, SUM -> sum + value;
        case PROD -> sum * value;
        case MAX -> Math.max(sum, value);
        case MIN -> Math.min(sum, value);
      };
    }

    private long combine(long sum, long value) {
      return switch (kind) {
        case MEAN, SUM -> sum + value;
        case PROD -> sum * value;
        case MAX -> Elements.larger(dtype, sum, value);
        case MIN -> Elements.smaller(dtype, sum, value);
      };
    }
  }
}
