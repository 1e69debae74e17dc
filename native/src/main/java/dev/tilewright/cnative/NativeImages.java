package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.cnative.NativeOperators.Binder;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Window;
import dev.tilewright.kernel.Operands;
import dev.tilewright.op.LinearTaps;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The operators on [N, H, W, C] that read neighbouring pixels. */
final class NativeImages {
  /** {low, high, weight} of op_resize.h. */
  private static final int TAP_BYTES = 12;

  private static final int LONGEST_VECTOR_BYTES = 64;

  private NativeImages() {}

  static Binder pool(Op.Pool pool) {
    int code =
        switch (pool.kind()) {
          case MAX -> 0;
          case AVERAGE -> 1;
        };
    Window w = pool.window();
    return (operands, limit) -> {
      Shape src = operands.in().getFirst().shape();
      return new OperatorArguments("pool", code, limit, operands.arena())
          .tensors(operands)
          .loops(pixels(operands))
          .extra(
              src.dim(1),
              src.dim(2),
              w.kernel().height(),
              w.kernel().width(),
              w.stride().height(),
              w.stride().width(),
              w.dilation().height(),
              w.dilation().width(),
              w.pad().top(),
              w.pad().left(),
              w.pad().bottom(),
              w.pad().right(),
              pool.countPad() ? 1 : 0)
          .bind();
    };
  }

  /** NEAREST in two neighbouring axes, and LINEAR in H and W. */
  static Optional<Binder> resize(Op.Resize op, Shape src) {
    return switch (op.interpolation()) {
      case NEAREST -> {
        OptionalInt first = LinearTaps.firstOfTwo(op, src);
        yield first.isPresent()
            ? Optional.of(nearest(op, src, first.getAsInt()))
            : Optional.empty();
      }
      case LINEAR -> linear(op, src);
      case CUBIC -> Optional.empty();
    };
  }

  /** Behind the second of the two axes is at most one: its elements are a place. */
  private static Binder nearest(Op.Resize op, Shape src, int first) {
    LinearTaps rows = LinearTaps.of(op, first, src.dim(first));
    LinearTaps columns = LinearTaps.of(op, first + 1, src.dim(first + 1));
    return (operands, limit) -> {
      View dst = operands.out().getFirst();
      View from = operands.in().getFirst();
      long[] to = dst.strides();
      long[] at = from.strides();
      OperatorArguments args =
          new OperatorArguments("nearest", 0, limit, operands.arena())
              .tensors(operands)
              .loops(
                  List.of(
                      new Loop(
                          dst.shape().product(0, first),
                          rows.outputs() * to[first],
                          rows.in() * at[first]),
                      new Loop(rows.outputs(), to[first], at[first]),
                      new Loop(columns.outputs(), to[first + 1], at[first + 1]),
                      new Loop(dst.shape().product(first + 2, to.length), 4, 4)))
              .extra(columns.in());
      long columnsAt = (long) rows.outputs() * Integer.BYTES;
      long end = columnsAt + (long) columns.outputs() * Integer.BYTES;
      MemorySegment table = args.table(end + LONGEST_VECTOR_BYTES);
      for (int i = 0; i < rows.outputs(); i++) {
        table.set(JAVA_INT, (long) i * Integer.BYTES, rows.low(i));
      }
      for (int i = 0; i < columns.outputs(); i++) {
        table.set(JAVA_INT, columnsAt + (long) i * Integer.BYTES, columns.low(i));
      }
      return args.bind();
    };
  }

  /** LINEAR in H and W. */
  private static Optional<Binder> linear(Op.Resize op, Shape src) {
    if (src.rank() != 4
        || src.dim(0) != op.sizes().dim(0)
        || src.dim(3) != op.sizes().dim(3)
        || op.scales().get(0) != 1
        || op.scales().get(3) != 1) {
      return Optional.empty();
    }
    LinearTaps rows = LinearTaps.of(op, 1, src.dim(1));
    LinearTaps columns = LinearTaps.of(op, 2, src.dim(2));
    return Optional.of((operands, limit) -> {
      OperatorArguments args =
          new OperatorArguments("resize", 0, limit, operands.arena())
              .tensors(operands)
              .loops(pixels(operands))
              .extra(src.dim(1), src.dim(2));
      long rowBytes = (long) rows.outputs() * TAP_BYTES;
      MemorySegment table = args.table(rowBytes + (long) columns.outputs() * TAP_BYTES);
      put(rows, table);
      put(columns, table.asSlice(rowBytes));
      return args.bind();
    });
  }

  static Binder gridSample(Op.GridSample op) {
    int taps =
        switch (op.interpolation()) {
          case NEAREST -> 1;
          case LINEAR -> 2;
          case CUBIC -> 4;
        };
    int outside =
        switch (op.outside()) {
          case ZEROS -> 0;
          case BORDER -> 1;
          case REFLECTION -> 2;
        };
    return (operands, limit) -> {
      View dst = operands.out().getFirst();
      View src = operands.in().get(0);
      View grid = operands.in().get(1);
      return new OperatorArguments("gridsample", taps, limit, operands.arena())
          .tensors(operands)
          .loops(
              List.of(
                  new Loop(dst.shape().dim(0), 0, 0, 0),
                  new Loop(
                      dst.shape().product(1, 3),
                      4 * dst.rowStride(),
                      4 * src.rowStride(),
                      4 * grid.rowStride()),
                  new Loop(dst.columns(), 4, 4, 0)))
          .extra(src.shape().dim(1), src.shape().dim(2), outside, op.alignCorners() ? 1 : 0)
          .bind();
    };
  }

  private static void put(LinearTaps taps, MemorySegment table) {
    for (int i = 0; i < taps.outputs(); i++) {
      table.set(JAVA_INT, (long) i * TAP_BYTES, taps.low(i));
      table.set(JAVA_INT, (long) i * TAP_BYTES + 4, taps.high(i));
      table.set(JAVA_FLOAT, (long) i * TAP_BYTES + 8, taps.weight(i));
    }
  }

  /** The loops over the result; strides of a pixel at the third. */
  private static List<Loop> pixels(Operands operands) {
    View dst = operands.out().getFirst();
    View src = operands.in().getFirst();
    return List.of(
        new Loop(dst.shape().dim(0), 0, 0),
        new Loop(dst.shape().dim(1), 0, 0),
        new Loop(dst.shape().dim(2), 4 * dst.rowStride(), 4 * src.rowStride()),
        new Loop(dst.columns(), 4, 4));
  }
}
