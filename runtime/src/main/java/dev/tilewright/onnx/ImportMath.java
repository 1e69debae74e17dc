package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Elementwise arithmetic and reductions that are more than one line of the table. */
final class ImportMath {
  private ImportMath() {}

  /** f(f(a, b), c)...; one input is its own result. */
  static Value chain(NodeScope n, BinaryFunction function) {
    List<Value> in = n.all();
    Value result = in.getFirst();
    for (Value next : in.subList(1, in.size())) {
      result = n.binary(function, result, next);
    }
    return result;
  }

  static Value mean(NodeScope n) {
    Value sum = chain(n, BinaryFunction.ADD);
    int count = n.all().size();
    return count == 1 ? sum : n.binary(BinaryFunction.DIV, sum, n.scalarLike(sum, count));
  }

  /** The exponent may have another element type than the base, whose type the result has. */
  static Value pow(NodeScope n) {
    Value base = n.in(0);
    Value exponent = n.in(1);
    if (base.type().dtype() != DType.FLOAT32 && exponent.type().dtype() == DType.FLOAT32) {
      throw n.unsupported("an integer to the power of a float");
    }
    return n.binary(BinaryFunction.POW, base, n.cast(exponent, base.type().dtype()));
  }

  /** With the divisor's sign, which is for integers only, or with the dividend's. */
  static Value mod(NodeScope n) {
    boolean signOfDividend = n.node().integer("fmod", 0) != 0;
    if (!signOfDividend && n.in(0).type().dtype() == DType.FLOAT32) {
      throw n.node().bad("needs fmod = 1 for floats");
    }
    BinaryFunction function = signOfDividend ? BinaryFunction.REMAINDER : BinaryFunction.MOD;
    return n.binary(function, n.in(0), n.in(1));
  }

  static Value where(NodeScope n) {
    return n.add(new Op.Where(), n.in(0), n.in(1), n.in(2));
  }

  static @Nullable String castRefusal(OnnxNode node) {
    long to = node.integer("to", 0);
    return ElementType.supported(to) == null ? "to " + ElementType.name(to) : null;
  }

  static Value cast(NodeScope n) {
    return n.cast(n.in(0), ElementType.of(n.node().integer("to", 0), "the result").dtype());
  }

  /** The axes became an input: of ReduceSum in opset 13, of the others in 18. */
  static Value reduce(NodeScope n, Op.ReduceKind kind) {
    Value x = n.in(0);
    int rank = x.shape().rank();
    List<Long> stated = n.integers("axes", 1);
    List<Integer> axes = stated == null ? List.of() : n.axes(stated, rank);
    if (axes.isEmpty()) {
      if (rank == 0 || n.node().integer("noop_with_empty_axes", 0) != 0) {
        return x;
      }
      axes = IntStream.range(0, rank).boxed().toList();
    }
    boolean keep = n.node().integer("keepdims", 1) != 0;
    return n.add(new Op.Reduce(kind, axes.stream().sorted().toList(), keep), x);
  }
}
