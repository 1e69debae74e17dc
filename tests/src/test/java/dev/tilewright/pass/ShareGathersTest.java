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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subsets of one image's channels before convolutions: one copy, and slices of it. */
class ShareGathersTest {
  private final Random random = new Random(3);
  private final GraphBuilder b = new GraphBuilder(Operators::evaluate);
  private final Value x = b.input("x", TensorType.floats(Shape.of(1, 5, 6, 12)));

  /**
   * Each residue of the channels alone, and all the others: 2 P - 1 residues are copied, not P^2.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void residuesAndTheirComplementsAreSlicesOfOneCopy(int p) {
    List<Value> parts = new ArrayList<>();
    for (int r = 0; r < p; r++) {
      int residue = r;
      Value same = picked(IntStream.range(0, 12).filter(c -> c % p == residue));
      Value others = picked(IntStream.range(0, 12).filter(c -> c % p != residue));
      parts.add(added(conv(same, 3), conv(others, 1)));
    }
    leaves(1, parts.toArray(Value[]::new));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void subsetsThatDoNotLieTogetherStayCopies(int k) {
    Value p = conv(picked(IntStream.of(0, 1, 2, 3)), k);
    Value q = conv(picked(IntStream.of(0, 4, 5)), k);
    Value r = conv(picked(IntStream.of(0, 6, 7, 4)), k);
    Value s = conv(picked(IntStream.of(1, 4, 6, 9)), k);
    leaves(4, p, q, r, s);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void whatSharesNothingStaysACopy(int k) {
    leaves(2, conv(picked(IntStream.of(5, 0, 3)), k), conv(picked(IntStream.of(1, 7)), k));
  }

  private void leaves(int gathers, Value... parts) {
    b.output("y", b.add("y", new Op.Concat(3), parts));
    Graph before = b.build();
    Graph after = Rewriter.apply(new ShareGathers(), before, Operators::evaluate);
    assertThat(after.nodes().stream().filter(n -> n.op() instanceof Op.Gather)).hasSize(gathers);
    Map<String, Tensor> inputs = Map.of("x", tensor(x.shape()));
    float[] expected = Interpreter.run(before, inputs).get("y").toFloats();
    // The same products in another order: u times the sum of 108 magnitudes below 1, twice.
    assertThat(Interpreter.run(after, inputs).get("y").toFloats())
        .containsExactly(expected, Offset.offset(3e-5f));
  }

  private Value picked(IntStream channels) {
    long[] places = channels.asLongStream().toArray();
    Value index = b.constant("order", Tensor.of(Shape.of(places.length), places));
    return b.add("gather", new Op.Gather(3), x, index);
  }

  private Value conv(Value value, int k) {
    Op.Window window =
        new Op.Window(
            new Size(k, k),
            new Size(1, 1),
            new Size(1, 1),
            new Padding(k / 2, k / 2, k / 2, k / 2));
    Op conv = new Op.Conv(window, 1, new Epilogue(true, false, Activation.none()));
    Value weights = b.constant("w", tensor(Shape.of(2, value.shape().last(), k, k)));
    return b.add("conv", conv, value, weights, b.constant("b", tensor(Shape.of(2))));
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
