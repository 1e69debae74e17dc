package dev.tilewright.vector;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Kernels on jdk.incubator.vector.
 *
 * <p>Invariant: this class mentions no type of that module, so it links where the module is absent
 * and {@link #available} can say so.
 */
public final class VectorBackend implements Backend {
  /** System property: {@code none} leaves this backend out, without a word. */
  static final String PROPERTY = "tilewright.vector";

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public Applicability available() {
    if (System.getProperty(PROPERTY, "").equals("none")) {
      return new Applicability.No("switched off by -D" + PROPERTY + "=none");
    }
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return new Applicability.No(
          "module not resolved; start java with --add-modules jdk.incubator.vector");
    }
    return Jit.compilesVectors();
  }

  @Override
  public List<ConvAlgorithm> convolutions() {
    return VectorConvolutions.ALL;
  }

  @Override
  public OptionalInt joins(Op op, List<DType> in) {
    return ElementCode.has(op, in)
        ? OptionalInt.of(ElementCode.instructions(op))
        : OptionalInt.empty();
  }

  @Override
  public Optional<Kernel> operator(OpProblem problem) {
    return VectorOperators.kernel(problem);
  }
}
