package dev.tilewright.cnative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.vector.OperatorsTest;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;

/** The C operators of every instruction set; one that the CPU lacks runs as the next lower one. */
final class NativeOperatorsTest {
  @BeforeAll
  static void needsTheLibrary() {
    Applicability available = new NativeBackend().available();
    assumeTrue(available.isYes(), available.toString());
  }

  @Nested
  class Generic extends Capped {
    Generic() {
      super(Isa.GENERIC);
    }
  }

  @Nested
  @EnabledOnOs(architectures = "amd64")
  class Avx2 extends Capped {
    Avx2() {
      super(Isa.AVX2);
    }
  }

  @Nested
  class Highest extends Capped {
    Highest() {
      super(Isa.limit(null).orElseThrow());
    }
  }

  abstract static class Capped extends OperatorsTest {
    Capped(Isa limit) {
      super(problem -> NativeOperators.kernel(problem, limit), true);
    }

    @Test
    void reshapesAreExact() {
      checkExact(new Op.Reshape(Shape.of(30, 4)), 5, 3, 8);
      checkExact(new Op.Reshape(Shape.of(15, 8)), 30, 4);
      checkExact(new Op.Reshape(Shape.of(6, 10)), 15, 4);
      checkExact(new Op.Reshape(Shape.of(2, 30_000)), 600, 100);
    }

    @Test
    void expansionsAreExact() {
      checkExact(new Op.Expand(Shape.of(2, 5, 17)), 1, 5, 1);
      checkExact(new Op.Expand(Shape.of(300, 400)), 400);
    }
  }

  @Test
  void integersAreLeftToOthersUnlessTheyOnlyMove() {
    TensorType type = new TensorType(DType.INT64, Shape.of(2, 3));
    assertThat(kernel(new Op.Unary(Op.UnaryFunction.NEG), type, type)).isEmpty();
    assertThat(kernel(new Op.Reshape(Shape.of(2, 3)), type, type)).isPresent();
  }

  private static Optional<Kernel> kernel(Op op, TensorType in, TensorType out) {
    OpProblem problem =
        new OpProblem(op, List.of(in), Collections.singletonList(null), List.of(out));
    return NativeOperators.kernel(problem, Isa.NEON);
  }
}
