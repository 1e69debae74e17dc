package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.graph.ShapeInference;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Held against the formula, cell by cell. */
class AttentionTest {
  private static final int IMAGES = 4;
  private static final int HEADS = 2;
  private static final int QUERIES = 5;
  private static final int KEYS = 7;

  private final Random random = new Random(1);
  private final Tensor q = Cells.random(random, Shape.of(IMAGES, QUERIES, HEADS * 3));
  private final Tensor k = Cells.random(random, Shape.of(IMAGES, KEYS, HEADS * 3));
  private final Tensor v = Cells.random(random, Shape.of(IMAGES, KEYS, HEADS * 4));

  @Test
  void weighsValuesByTheSoftmaxOfScores() {
    Tensor out = Harness.run(new Op.Attention(HEADS, 0.5f, false), q, k, v);
    Cells.assertCells(out, at -> value(at, place -> 0));
  }

  @Test
  void addsTheBiasOfImageHeadKeyAndQuery() {
    for (Shape shape :
        List.of(
            Shape.of(1, HEADS, KEYS, QUERIES),
            Shape.of(2, 1, KEYS, QUERIES),
            Shape.of(IMAGES, HEADS, KEYS, 1))) {
      Tensor bias = Cells.random(random, shape);
      Tensor out = Harness.run(new Op.Attention(HEADS, 0.5f, true), q, k, v, bias);
      Cells.assertCells(
          out,
          at ->
              value(
                  at,
                  p ->
                      Cells.get(
                          bias,
                          p[0] % shape.dim(0),
                          p[1] % shape.dim(1),
                          p[2],
                          p[3] % shape.dim(3))));
    }
  }

  @Test
  void tokensMayLieInAnotherOrder() {
    Tensor square = Cells.random(random, Shape.of(IMAGES, KEYS, HEADS * 3));
    Tensor want = Harness.run(new Op.Attention(HEADS, 0.5f, false), square, k, v);
    int count = IMAGES * KEYS;
    long[] rows = new long[count]; // token i is row 5 i + 2
    long[] back = new long[count];
    for (int i = 0; i < count; i++) {
      rows[i] = (5L * i + 2) % count;
      back[(int) rows[i]] = i;
    }
    Op.Attention op = new Op.Attention(HEADS, 0.5f, false, true);
    Tensor numbers = Tensor.of(Shape.of(IMAGES, KEYS), rows);
    Tensor out = Harness.run(op, moved(square, back), moved(k, back), moved(v, back), numbers);
    Harness.assertSameBits(moved(out, rows), want);
  }

  /** Row i is row {@code order[i]} of x. */
  private static Tensor moved(Tensor x, long[] order) {
    return Harness.run(
        new Op.Runs(x.shape().last(), x.shape()), x, Tensor.of(Shape.of(order.length), order));
  }

  @Test
  void refusesShapesThatDoNotMeet() {
    refused(new Op.Attention(3, 1, false), "4x5x6", "4x7x6", "4x7x8");
    refused(new Op.Attention(2, 1, false), "4x5x6", "4x7x8", "4x7x8");
    refused(new Op.Attention(2, 1, false), "4x5x6", "4x7x6", "4x6x8");
    refused(new Op.Attention(2, 1, true), "4x5x6", "4x7x6", "4x7x8", "3x2x7x5");
    refused(new Op.Attention(2, 1, true), "4x5x6", "4x7x6", "4x7x8", "1x2x5x7");
  }

  private static void refused(Op op, String... shapes) {
    List<TensorType> in =
        Stream.of(shapes)
            .map(s ->
                Shape.of(Stream.of(s.split("x")).map(Integer::valueOf).toArray(Integer[]::new)))
            .map(TensorType::floats)
            .toList();
    assertThatThrownBy(() -> ShapeInference.infer(op, in)).isInstanceOf(ShapeException.class);
  }

  /**
   * @param bias of image, head, key, query
   */
  private double value(int[] at, ToDoubleFunction<int[]> bias) {
    int head = at[2] / 4;
    double[] scores = new double[KEYS];
    double max = Double.NEGATIVE_INFINITY;
    for (int s = 0; s < KEYS; s++) {
      for (int d = 0; d < 3; d++) {
        scores[s] +=
            0.5 * Cells.get(q, at[0], at[1], head * 3 + d) * Cells.get(k, at[0], s, head * 3 + d);
      }
      scores[s] += bias.applyAsDouble(new int[] {at[0], head, s, at[1]});
      max = Math.max(max, scores[s]);
    }
    double sum = 0;
    double total = 0;
    for (int s = 0; s < KEYS; s++) {
      sum += Math.exp(scores[s] - max);
      total += Math.exp(scores[s] - max) * Cells.get(v, at[0], s, at[2]);
    }
    return total / sum;
  }
}
