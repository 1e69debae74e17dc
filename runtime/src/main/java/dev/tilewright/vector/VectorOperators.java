package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.TensorType;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The operators that have a SIMD kernel here, and for which shapes. What is not listed is left to
 * the portable kernels: rare, or no faster with vectors.
 */
final class VectorOperators {
  private VectorOperators() {}

  static Optional<Kernel> kernel(OpProblem problem) {
    return switch (problem.op()) {
      case Op.Transpose t -> Moves.transpose(problem, t.perm());
      case Op.Slice s -> Moves.slice(problem, s);
      case Op.Concat c -> Moves.concat(problem, c.axis());
      case Op.Runs r -> VectorRuns.of(problem, r);
      case Op.Activate a ->
          map(problem, () -> Optional.of(RowKernel.of(a.activation(), Lanes.LENGTH)));
      case Op.Unary u -> map(problem, () -> RowKernel.of(u.function()));
      case Op.Binary b -> VectorBinary.of(problem, b.function());
      case Op.Elementwise e -> VectorElementwise.of(problem, e);
      case Op.Pool p -> VectorPool.of(problem, p);
      case Op.Reduce r -> VectorReduce.of(problem, r);
      case Op.Softmax s -> VectorSoftmax.of(problem, s.axis());
      case Op.LayerNorm n -> VectorLayerNorm.of(problem, n.epsilon());
      case Op.LocalNorm n -> VectorLocalNorm.of(problem, n);
      case Op.MatMul m -> VectorMatMul.of(problem);
      case Op.Attention a -> VectorAttention.of(problem, a);
      case Op.Resize r -> VectorResize.of(problem, r);
      default -> Optional.empty();
    };
  }

  private static Optional<Kernel> map(OpProblem problem, Supplier<Optional<RowKernel>> function) {
    TensorType out = problem.out().getFirst();
    if (out.dtype() != DType.FLOAT32 || out.shape().elements() < Lanes.LENGTH) {
      return Optional.empty();
    }
    return function.get().map(f -> new MapRows(f, out.shape().last()));
  }
}
