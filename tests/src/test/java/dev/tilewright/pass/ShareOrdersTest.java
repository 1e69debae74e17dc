package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
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
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums of grouped convolutions, each of which wants the channels in an order of its own. */
class ShareOrdersTest {
  private final Random random = new Random(5);
  private final GraphBuilder b = new GraphBuilder(Operators::evaluate);
  private final Value x = b.input("x", TensorType.floats(Shape.of(1, 4, 5, 64)));

  /** Each class of channels is seen by another class of outputs, by each convolution. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void residuesAreSlicesOfOneCopy(int shift) {
    Value pairs = term(2, residues(2), residues(2));
    Value quarters = term(4, residues(4), shifted(residues(4), shift));
    Value others = term(4, residues(4), shifted(residues(4), 3));
    leaves(2, added(added(pairs, quarters), others));
  }

  @Test
  void ordersWithinGroupsDoNotMatter() {
    List<Integer> backwards = residues(2).reversed();
    leaves(2, added(term(2, backwards, residues(2)), term(4, residues(4), residues(4))));
  }

  @Test
  void groupsThatCrossStay() {
    List<Integer> halves = Permutation.identity(64).order();
    leaves(4, added(term(2, residues(2), residues(2)), term(2, halves, residues(4))));
  }

  @Test
  void narrowGroupsStay() {
    Value p = conv(gathered(x, residues(8)), 8);
    leaves(2, added(p, conv(gathered(x, shifted(residues(8), 1)), 8)));
  }

  @Test
  void whatIsAddedToSomethingElseStays() {
    leaves(2, added(term(2, residues(2), residues(2)), x));
  }

  private static List<Integer> residues(int n) {
    return IntStream.range(0, n)
        .boxed()
        .flatMap(r -> IntStream.range(0, 64).filter(c -> c % n == r).boxed())
        .toList();
  }

  private static List<Integer> shifted(List<Integer> order, int by) {
    return order.stream().map(c -> (c + by) % order.size()).toList();
  }

  /**
   * @param outputs where in the sum each of the convolution's outputs belongs
   */
  private Value term(int groups, List<Integer> channels, List<Integer> outputs) {
    Value y = conv(gathered(x, channels), groups);
    return gathered(y, new Permutation(outputs).inverse().order());
  }

  private void leaves(int gathers, Value y) {
    b.output("y", y);
    Graph before = b.build();
    Graph after = Rewriter.apply(new ShareOrders(), before, Operators::evaluate);
    assertThat(after.nodes().stream().filter(n -> n.op() instanceof Op.Gather)).hasSize(gathers);
    Map<String, Tensor> inputs = Map.of("x", tensor(x.shape()));
    float[] expected = Interpreter.run(before, inputs).get("y").toFloats();
    // The same products in another order: u times the sum of 864 magnitudes below 1, twice.
    assertThat(Interpreter.run(after, inputs).get("y").toFloats())
        .containsExactly(expected, Offset.offset(1e-4f));
  }

  private Value gathered(Value value, List<Integer> order) {
    long[] places = order.stream().mapToLong(i -> i).toArray();
    Value index = b.constant("order", Tensor.of(Shape.of(places.length), places));
    return b.add("gather", new Op.Gather(3), value, index);
  }

  private Value conv(Value value, int groups) {
    Op.Window window =
        new Op.Window(new Size(3, 3), new Size(1, 1), new Size(1, 1), new Padding(1, 1, 1, 1));
    Op conv = new Op.Conv(window, groups, new Epilogue(true, false, Activation.none()));
    Value weights = b.constant("w", tensor(Shape.of(64, 64 / groups, 3, 3)));
    return b.add("conv", conv, value, weights, b.constant("b", tensor(Shape.of(64))));
  }

  private Value added(Value p, Value q) {
    return b.add("+", new Op.Binary(BinaryFunction.ADD), p, q);
  }

  private Tensor tensor(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    IntStream.range(0, values.length).forEach(i -> values[i] = random.nextFloat(-1, 1));
    return Tensor.of(shape, values);
  }
}
