package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Operators that make one value of all along some axes. */
final class ImportReductions {
  private ImportReductions() {}

  /** What is left of a tensor without some of its axes, or with 1 in their place. */
  private interface Reduction {
    Value apply(Value x, List<Integer> axes, boolean keep);
  }

  static Value reduce(NodeScope n, ReduceKind kind) {
    return over(n, (x, axes, keep) -> fold(n, kind, x, axes, keep));
  }

  /** A maximum or minimum; of booleans, as opset 20 has it, that of 0 and 1. */
  static Value extremum(NodeScope n, ReduceKind kind) {
    DType dtype = n.in(0).type().dtype();
    return over(
        n,
        (x, axes, keep) -> {
          Value numbers = dtype == DType.BOOL ? n.cast(x, DType.UINT8) : x;
          return n.cast(fold(n, kind, numbers, axes, keep), dtype);
        });
  }

  /** The sum of absolute values. */
  static Value l1(NodeScope n) {
    return over(
        n, (x, axes, keep) -> fold(n, ReduceKind.SUM, n.unary(UnaryFunction.ABS, x), axes, keep));
  }

  static Value sumSquare(NodeScope n) {
    return over(n, (x, axes, keep) -> squares(n, x, axes, keep));
  }

  /** The root of the sum of squares. */
  static Value l2(NodeScope n) {
    return over(
        n, inFloats(n, (x, axes, keep) -> n.unary(UnaryFunction.SQRT, squares(n, x, axes, keep))));
  }

  static Value logSum(NodeScope n) {
    return over(
        n,
        inFloats(
            n,
            (x, axes, keep) -> n.unary(UnaryFunction.LOG, fold(n, ReduceKind.SUM, x, axes, keep))));
  }

  /** max + log(sum(exp(x - max))), where exp does not overflow. */
  static Value logSumExp(NodeScope n) {
    return over(
        n,
        inFloats(
            n,
            (x, axes, keep) -> {
              Value max = fold(n, ReduceKind.MAX, x, axes, true);
              // An infinite maximum less itself is no number; less nothing it stays what it is.
              Value bounded = n.unary(UnaryFunction.ABS, max);
              Value isFinite =
                  n.binary(BinaryFunction.LESS, bounded, n.scalarLike(x, Double.POSITIVE_INFINITY));
              Value shift = n.add(new Op.Where(), isFinite, max, n.scalarLike(x, 0));
              Value exp = n.unary(UnaryFunction.EXP, n.binary(BinaryFunction.SUB, x, shift));
              Value sum = fold(n, ReduceKind.SUM, exp, axes, true);
              Value log = n.binary(BinaryFunction.ADD, n.unary(UnaryFunction.LOG, sum), shift);
              return keep ? log : without(n, log, axes);
            }));
  }

  /** Position of the first, or last, of the largest or smallest elements along an axis. */
  static Value position(NodeScope n, boolean largest) {
    Value x = n.in(0);
    int axis = n.axis(n.node().integer("axis", 0), x.shape().rank());
    boolean last = n.node().integer("select_last_index", 0) != 0;
    if (x.shape().dim(axis) == 0) {
      throw n.node().bad("an empty axis has no largest or smallest element");
    }
    Value top = n.add(new Op.Top(axis, 1, largest, last), x);
    return n.node().integer("keepdims", 1) != 0 ? top : without(n, top, List.of(axis));
  }

  /** Running sums along an axis, which is an input. */
  static Value cumulativeSum(NodeScope n) {
    Value x = n.in(0);
    int axis = n.axis((long) n.scalar(n.constant(1)), x.shape().rank());
    boolean exclusive = n.node().integer("exclusive", 0) != 0;
    boolean reverse = n.node().integer("reverse", 0) != 0;
    return n.add(new Op.CumulativeSum(axis, exclusive, reverse), x);
  }

  /** The axes became an input: of ReduceSum in opset 13, of the others in 18. */
  private static Value over(NodeScope n, Reduction reduction) {
    Value x = n.in(0);
    int rank = x.shape().rank();
    List<Long> stated = n.integers("axes", 1);
    List<Integer> axes = stated == null ? List.of() : n.axes(stated, rank);
    if (axes.isEmpty()) {
      if (n.node().integer("noop_with_empty_axes", 0) != 0) {
        return x;
      }
      axes = IntStream.range(0, rank).boxed().toList();
    }
    boolean keep = n.node().integer("keepdims", 1) != 0;
    return reduction.apply(x, axes.stream().sorted().toList(), keep);
  }

  /** Functions that no integer has are computed in floats, of integers too. */
  private static Reduction inFloats(NodeScope n, Reduction reduction) {
    UnaryOperator<Value> back = result -> n.cast(result, n.in(0).type().dtype());
    return (x, axes, keep) -> back.apply(reduction.apply(n.cast(x, DType.FLOAT32), axes, keep));
  }

  private static Value squares(NodeScope n, Value x, List<Integer> axes, boolean keep) {
    return fold(n, ReduceKind.SUM, n.binary(BinaryFunction.MUL, x, x), axes, keep);
  }

  private static Value fold(
      NodeScope n, ReduceKind kind, Value x, List<Integer> axes, boolean keep) {
    return axes.isEmpty() ? x : n.add(new Op.Reduce(kind, axes, keep), x);
  }

  private static Value without(NodeScope n, Value x, List<Integer> axes) {
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < x.shape().rank(); i++) {
      if (!axes.contains(i)) {
        dims.add(x.shape().dim(i));
      }
    }
    return n.reshape(x, dims);
  }
}
