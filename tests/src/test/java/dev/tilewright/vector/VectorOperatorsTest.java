package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The Java kernels. */
class VectorOperatorsTest extends OperatorsTest {
  VectorOperatorsTest() {
    super(VectorOperators::kernel, false);
  }

  @Test
  void layerNormsAgree() {
    for (int n : new int[] {16, 17, 31, 32, 33, 48, 49, 64, 96, 197, 768, 1001}) {
      Shape row = Shape.of(n);
      // Sums round log2(16) + n / 32 times, everything else a few times; values reach about 5 * 4.
      double bound = (8 + n / 32.0) * 20 * OperatorCheck.U;
      check(new Op.LayerNorm(1e-5f), bound, Shape.of(3, 7, n), row, row);
      check(new Op.LayerNorm(1), bound, Shape.of(200, n), row, row);
    }
  }

  @Test
  void fewRowsTakeTurnsExactly() {
    for (int rows = 2; rows <= 5; rows++) {
      for (int n : new int[] {16, 17, 58, 116, 131}) {
        check(new Op.Transpose(List.of(0, 2, 1)), 0, Shape.of(3, rows, n));
        check(new Op.Transpose(List.of(0, 2, 1)), 0, Shape.of(3, n, rows));
      }
    }
    check(new Op.Transpose(List.of(0, 2, 3, 1)), 0, Shape.of(1, 3, 200, 301));
  }
}
