package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Attention as models write it becomes one operator that computes the same. */
class FuseAttentionTest {
  private static final int HEADS = 3;
  private static final int COLUMNS = 4;

  private final GraphBuilder builder = new GraphBuilder(Operators::evaluate);
  private final Map<String, Tensor> inputs = new HashMap<>();
  private final Random random = new Random(2);

  @Test
  void headsOfAJointProductAreCutFromItsColumns() {
    Graph after = after(merged(attended(joint(2, 5), 2, 5, scores -> scores)));
    assertThat(only(after)).isEqualTo(new Op.Attention(HEADS, 0.5f, false));
    assertThat(after.nodes()).noneMatch(n -> n.op() instanceof Op.Transpose);
    assertThat(after.nodes().stream().filter(n -> n.op() instanceof Op.Slice)).hasSize(3);
  }

  @Test
  void windowsTakeTheBiasAndTheMask() {
    Value bias = constant(HEADS, 5, 5);
    Value mask = constant(2, 1, 5, 5);
    Graph after =
        after(
            merged(
                attended(
                    joint(4, 5),
                    4,
                    5,
                    scores -> {
                      Value s = add(scores, bias);
                      Value apart = reshape(s, 2, 2, HEADS, 5, 5);
                      return reshape(add(apart, reshape(mask, 1, 2, 1, 5, 5)), 4, HEADS, 5, 5);
                    })));
    assertThat(only(after)).isEqualTo(new Op.Attention(HEADS, 0.5f, true));
  }

  @Test
  void aMaskOfKeysThatIsGivenIsABias() {
    Value mask = input("mask", 2, 1, 1, 5);
    Graph after = after(merged(attended(joint(2, 5), 2, 5, scores -> add(mask, scores))));
    assertThat(only(after)).isEqualTo(new Op.Attention(HEADS, 0.5f, true));
  }

  @Test
  void headsMayBeBesideTheImages() {
    Value[] parts = new Value[3];
    for (int i = 0; i < 3; i++) {
      Value x = reshape(input("x" + i, 5, 2 * HEADS * COLUMNS), 5, 2 * HEADS, COLUMNS);
      parts[i] = transpose(x, 1, 0, 2);
    }
    Value scores = builder.add("s", new Op.MatMul(), parts[0], transpose(parts[1], 0, 2, 1));
    Value weights = builder.add("w", new Op.Softmax(2), scores);
    Value y = transpose(builder.add("y", new Op.MatMul(), weights, parts[2]), 1, 0, 2);
    Graph after = after(reshape(y, 5, 2 * HEADS * COLUMNS));
    assertThat(only(after)).isEqualTo(new Op.Attention(2 * HEADS, 1, false));
    assertThat(after.nodes()).noneMatch(n -> n.op() instanceof Op.Transpose);
  }

  @Test
  void oneHeadNeedsNoTranspose() {
    Value q = input("q", 2, 5, 8);
    Value k = transpose(input("k", 2, 6, 8), 0, 2, 1);
    Value weights = builder.add("w", new Op.Softmax(2), builder.add("s", new Op.MatMul(), q, k));
    Graph after = after(builder.add("y", new Op.MatMul(), weights, input("v", 2, 6, 3)));
    assertThat(only(after)).isEqualTo(new Op.Attention(1, 1, false));
  }

  @Test
  void whatIsScaledBehindTheBiasStays() {
    Value bias = constant(HEADS, 5, 5);
    Graph after =
        after(
            merged(
                attended(
                    joint(2, 5), 2, 5, s -> binary(BinaryFunction.MUL, add(s, bias), number(3)))));
    assertThat(after.nodes()).noneMatch(n -> n.op() instanceof Op.Attention);
  }

  @Test
  void weightsThatOthersReadStay() {
    Value q = input("q", 2, 5, 8);
    Value k = transpose(input("k", 2, 6, 8), 0, 2, 1);
    Value weights = builder.add("w", new Op.Softmax(2), builder.add("s", new Op.MatMul(), q, k));
    builder.output("weights", weights);
    Graph after = after(builder.add("y", new Op.MatMul(), weights, input("v", 2, 6, 3)));
    assertThat(after.nodes()).noneMatch(n -> n.op() instanceof Op.Attention);
  }

  private interface Change {
    Value of(Value scores);
  }

  /** [images, tokens, 3 * heads * columns]. */
  private Value joint(int images, int tokens) {
    return input("x", images, tokens, 3 * HEADS * COLUMNS);
  }

  /** [images, heads, tokens, columns]. */
  private Value attended(Value joint, int images, int tokens, Change change) {
    Value all = transpose(reshape(joint, images, tokens, 3, HEADS, COLUMNS), 2, 0, 3, 1, 4);
    Value q = binary(BinaryFunction.MUL, part(all, 0), number(0.5f));
    Value k = transpose(part(all, 1), 0, 1, 3, 2);
    Value scores = change.of(builder.add("scores", new Op.MatMul(), q, k));
    Value weights = builder.add("weights", new Op.Softmax(3), scores);
    return builder.add("attended", new Op.MatMul(), weights, part(all, 2));
  }

  private Value part(Value all, int which) {
    Shape s = all.shape();
    Op slice =
        new Op.Slice(
            List.of(which, 0, 0, 0, 0),
            List.of(1, 1, 1, 1, 1),
            Shape.of(1, s.dim(1), s.dim(2), s.dim(3), s.dim(4)));
    return reshape(builder.add("part", slice, all), s.dim(1), s.dim(2), s.dim(3), s.dim(4));
  }

  private Value merged(Value attended) {
    Shape s = attended.shape();
    return reshape(transpose(attended, 0, 2, 1, 3), s.dim(0), s.dim(2), s.dim(1) * s.dim(3));
  }

  private static Op only(Graph graph) {
    return graph.nodes().stream()
        .map(n -> n.op())
        .filter(op -> op instanceof Op.Attention)
        .reduce((a, b) -> null)
        .orElseThrow();
  }

  /** After all passes; it computes what it did. */
  private Graph after(Value output) {
    builder.output("y", output);
    Graph before = builder.build();
    Graph after = Passes.standard(before, Operators::evaluate);
    float[] want = Interpreter.run(before, inputs).get("y").toFloats();
    float[] got = Interpreter.run(after, inputs).get("y").toFloats();
    assertThat(got).hasSameSizeAs(want);
    for (int i = 0; i < want.length; i++) {
      // Both in double but for what lies between operators: a few roundings of values below 16.
      assertThat(got[i]).isCloseTo(want[i], within(16 * 8 * 0x1p-24f));
    }
    return after;
  }

  private Value input(String name, Integer... dims) {
    inputs.put(name, noise(Shape.of(dims)));
    return builder.input(name, TensorType.floats(Shape.of(dims)));
  }

  private Value constant(Integer... dims) {
    return builder.constant("c", noise(Shape.of(dims)));
  }

  private Value number(float value) {
    return builder.constant("n", Tensor.of(Shape.SCALAR, value));
  }

  private Tensor noise(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(shape, values);
  }

  private Value add(Value a, Value b) {
    return binary(BinaryFunction.ADD, a, b);
  }

  private Value binary(BinaryFunction f, Value a, Value b) {
    return builder.add("b", new Op.Binary(f), a, b);
  }

  private Value reshape(Value x, Integer... dims) {
    return builder.add("r", new Op.Reshape(Shape.of(dims)), x);
  }

  private Value transpose(Value x, Integer... perm) {
    return builder.add("t", new Op.Transpose(List.of(perm)), x);
  }
}
