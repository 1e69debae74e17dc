package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.cnative.NativeOperators.Binder;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.Window;
import dev.tilewright.kernel.Operands;
import dev.tilewright.op.LinearTaps;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** The operators on [N, H, W, C] that read neighbouring pixels. */
final class NativeImages {
  /** {low, high, weight} of op_resize.h. */
  private static final int TAP_BYTES = 12;

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

  /** NEAREST and LINEAR in H and W. */
  static Optional<Binder> resize(Op.Resize op, Shape src) {
    if (op.interpolation() == Interpolation.CUBIC
        || src.rank() != 4
        || src.dim(0) != op.sizes().dim(0)
        || src.dim(3) != op.sizes().dim(3)
        || op.scales().get(0) != 1
        || op.scales().get(3) != 1
        || src.elements() == 0) {
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
