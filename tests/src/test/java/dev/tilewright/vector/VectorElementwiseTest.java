package dev.tilewright.vector;

import static dev.tilewright.vector.OperatorCheck.U;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.Elementwise.Step;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Joined operators against the portable kernels one by one, strided and in place too. */
class VectorElementwiseTest {
  private final Arena arena = Arena.ofConfined();
  private final OperatorCheck check =
      new OperatorCheck(VectorOperators::kernel, new Random(7), arena);

  /** relu(a * b + c). */
  private static final Op.Elementwise AFFINE =
      new Op.Elementwise(
          3,
          List.of(
              new Step(new Op.Binary(BinaryFunction.MUL), List.of(0, 1)),
              new Step(new Op.Binary(BinaryFunction.ADD), List.of(3, 2)),
              new Step(new Op.Activate(Activation.relu()), List.of(4))));

  /** a > b or not a = c ? a : b. */
  private static final Op.Elementwise MASK =
      new Op.Elementwise(
          3,
          List.of(
              new Step(new Op.Binary(BinaryFunction.GREATER), List.of(0, 1)),
              new Step(new Op.Binary(BinaryFunction.EQUAL), List.of(0, 2)),
              new Step(new Op.Unary(UnaryFunction.NOT), List.of(4)),
              new Step(new Op.Binary(BinaryFunction.OR), List.of(3, 5)),
              new Step(new Op.Where(), List.of(6, 0, 1))));

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void everyWayToBroadcastAgrees() {
    for (int channels : new int[] {16, 17, 31, 32, 33, 64, 79, 128}) {
      Tensor x = check.floats(2, 3, 5, channels);
      Tensor whole = check.floats(2, 3, 5, channels);
      Tensor row = check.floats(channels);
      Tensor pixel = check.floats(2, 3, 5, 1);
      Tensor image = check.floats(2, 1, 1, channels);
      Tensor one = check.floats();
      for (Tensor second : List.of(whole, row, pixel, image, one)) {
        for (Tensor third : List.of(whole, row, pixel, one)) {
          check.check(AFFINE, 0, 0, x, second, third);
        }
      }
      check.check(AFFINE, 0, 0, row, x, pixel);
      check.check(AFFINE, 0, 0, pixel, one, whole);
    }
  }

  @Test
  void notANumberAndInfinityGoWhereTheyWouldGoOneByOne() {
    float[] values = {Float.NaN, 1, -0f, Float.POSITIVE_INFINITY, 0, Float.NEGATIVE_INFINITY, -3};
    Tensor[] in = new Tensor[3];
    for (int i = 0; i < in.length; i++) {
      float[] own = new float[5 * 7 * 7 * 7];
      for (int j = 0; j < own.length; j++) {
        own[j] = values[j / (i == 0 ? 1 : i == 1 ? 7 : 49) % 7];
      }
      in[i] = Tensor.of(Shape.of(5, 7 * 7 * 7), own);
    }
    check.check(AFFINE, 0, 0, in);
    check.check(MASK, 0, 0, in);
  }

  @Test
  void longFunctionsAgree() {
    Op.Elementwise gate =
        new Op.Elementwise(
            2,
            List.of(
                new Step(new Op.Binary(BinaryFunction.ADD), List.of(0, 1)),
                new Step(new Op.Activate(new Activation.Sigmoid()), List.of(2)),
                new Step(new Op.Binary(BinaryFunction.MUL), List.of(0, 3))));
    check.check(gate, 8 * U, 0, check.floats(3, 7, 45), check.floats(3, 7, 45));
  }

  @Test
  void nothingIsMadeForWhatThereIsNoCodeFor() {
    Tensor x = check.floats(4, 3);
    Tensor row = check.floats(3);
    assertThat(VectorOperators.kernel(OperatorCheck.problem(AFFINE, List.of(x, row, row))))
        .isEmpty();
    Op.Elementwise power =
        new Op.Elementwise(2, List.of(new Step(new Op.Binary(BinaryFunction.POW), List.of(0, 1))));
    Tensor y = check.floats(4, 64);
    assertThat(VectorOperators.kernel(OperatorCheck.problem(power, List.of(y, y)))).isEmpty();
    Tensor none = check.floats(0, 64);
    assertThat(VectorOperators.kernel(OperatorCheck.problem(AFFINE, List.of(none, none, none))))
        .isEmpty();
    assertThat(
            Operators.evaluate(
                    AFFINE, List.of(none, none, none), List.of(TensorType.floats(Shape.of(0, 64))))
                .getFirst()
                .shape())
        .isEqualTo(Shape.of(0, 64));
  }
}
