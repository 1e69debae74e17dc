package dev.tilewright.op;

import dev.tilewright.graph.Op.ScatterReduction;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Copies data and then replaces parts of it, one after the other. Data is seen as [parts, block].
 * One part of work only: a place may be written more than once, in the order of the updates.
 */
record Scatter(ScatterReduction reduction) implements Kernel {
  @Override
  public Task bind(Operands operands) {
    View data = operands.in().get(0);
    View indices = operands.in().get(1);
    View updates = operands.in().get(2);
    View out = operands.out().getFirst();
    Shape shape = data.shape();
    DType dtype = data.type().dtype();
    int depth = indices.columns();
    int bytes = dtype.bytes();
    long block = shape.product(depth, shape.rank());
    return new Split(
        1,
        1,
        (from, to, worker) -> {
          Elements.copy(1, out.address(), 1, data.address(), 1, shape.elements() * bytes);
          for (long row = 0; row < indices.rows(); row++) {
            long coordinates = indices.address() + row * depth * Long.BYTES;
            long part = Positions.part(coordinates, depth, shape, 0);
            long place = out.address() + part * block * bytes;
            long update = updates.address() + row * block * bytes;
            merge(reduction, dtype, place, bytes, update, bytes, block);
          }
        });
  }

  /** Brings updates to what is in place; steps in bytes. */
  static void merge(
      ScatterReduction reduction,
      DType dtype,
      long to,
      long toStep,
      long from,
      long fromStep,
      long count) {
    if (reduction == ScatterReduction.REPLACE) {
      Elements.copy(dtype.bytes(), to, toStep, from, fromStep, count);
      return;
    }
    for (long i = 0; i < count; i++) {
      long place = to + i * toStep;
      long update = from + i * fromStep;
      if (dtype == DType.FLOAT32) {
        double old = Elements.getFloat(place);
        Elements.setFloat(place, merged(reduction, old, Elements.getFloat(update)));
      } else {
        long old = Elements.getLong(dtype, place);
        long merged = merged(reduction, dtype, old, Elements.getLong(dtype, update));
        Elements.setLong(dtype, place, merged);
      }
    }
  }

  private static double merged(ScatterReduction reduction, double old, double update) {
    return switch (reduction) {
      case REPLACE -> update;
      case ADD -> old + update;
      case MUL -> old * update;
      case MIN -> Math.min(old, update);
      case MAX -> Math.max(old, update);
    };
  }

  private static long merged(ScatterReduction reduction, DType dtype, long old, long update) {
    return switch (reduction) {
      case REPLACE -> update;
      case ADD -> old + update;
      case MUL -> old * update;
      case MIN -> Elements.smaller(dtype, old, update);
      case MAX -> Elements.larger(dtype, old, update);
    };
  }
}
