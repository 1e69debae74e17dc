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
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Orders of channels that gathers bring about: how many copies are left, and equal outputs. */
class SinkChannelOrderTest {
  private final Random random = new Random(3);
  private final GraphBuilder b = new GraphBuilder(Operators::evaluate);
  private final Value x = b.input("x", TensorType.floats(Shape.of(1, 5, 6, 8)));

  @Test
  void goesIntoTheNextFilter() {
    Value y = relu(gathered(x, 3, 1, 0, 2, 7, 6, 4, 5));
    leaves(0, conv(y, 1));
  }

  @Test
  void comesOutOfTheFilterBeforeEvenIfItSelects() {
    leaves(0, gathered(conv(x, 1), 3, 1, 5));
  }

  @Test
  void staysBesideAGroupedFilter() {
    leaves(2, gathered(conv(gathered(x, 3, 1, 0, 2, 7, 6, 4, 5), 2), 1, 0, 2, 3, 4, 5, 7, 6));
  }

  @Test
  void ordersOfSummandsBecomeOne() {
    Value p = gathered(conv(x, 2), 1, 0, 2, 3, 4, 5, 7, 6);
    Value q = gathered(conv(x, 4), 7, 6, 5, 4, 3, 2, 1, 0);
    leaves(0, conv(added(p, p), 1)); // nothing is copied
    leaves(1, conv(added(p, q), 1)); // one summand
    leaves(2, added(p, q)); // and the sum
  }

  @Test
  void aSummandInOrderIsNotCopied() {
    Value p = gathered(conv(x, 2), 1, 0, 2, 3, 4, 5, 7, 6);
    leaves(1, conv(added(p, x), 1));
  }

  @Test
  void constantsAreReorderedOnce() {
    Value p = gathered(x, 1, 0, 2, 3, 4, 5, 7, 6);
    Value scale = b.constant("scale", tensor(Shape.of(8)));
    Value place = b.constant("place", tensor(Shape.of(5, 6, 1)));
    leaves(0, conv(b.add("*", mul(), b.add("*", mul(), p, scale), place), 1));
  }

  @Test
  void ordersOfOrdersAndOfPartsAreOne() {
    Value p = gathered(gathered(x, 1, 0, 2, 3, 4, 5, 7, 6), 2, 1, 0, 3, 4, 5, 6, 7);
    leaves(1, p);
    Value joined =
        b.add("joined", new Op.Concat(3), p, gathered(conv(x, 2), 7, 0, 1, 2, 3, 4, 5, 6));
    leaves(0, conv(joined, 1));
    leaves(1, joined);
  }

  @Test
  void whatTwoReadIsOnlyReorderedBehind() {
    Value y = conv(x, 1);
    Value p = gathered(y, 1, 0, 2, 3, 4, 5, 7, 6);
    leaves(1, b.add("both", new Op.Concat(1), p, y));
  }

  private void leaves(int gathers, Value y) {
    GraphBuilder whole = b;
    whole.output("y", y);
    Graph before = whole.build();
    Graph after = Rewriter.apply(new SinkChannelOrder(), before, Operators::evaluate);
    assertThat(after.nodes().stream().filter(n -> n.op() instanceof Op.Gather)).hasSize(gathers);
    Map<String, Tensor> inputs = Map.of("x", tensor(x.shape()));
    float[] expected = Interpreter.run(before, inputs).get("y").toFloats();
    // The same products in another order: u times the sum of 72 magnitudes below 1, twice.
    assertThat(Interpreter.run(after, inputs).get("y").toFloats())
        .containsExactly(expected, Offset.offset(3e-5f));
  }

  private Value gathered(Value value, long... order) {
    Value index = b.constant("order", Tensor.of(Shape.of(order.length), order));
    return b.add("gather", new Op.Gather(3), value, index);
  }

  /** 3x3, as many outputs as inputs. */
  private Value conv(Value value, int groups) {
    int channels = value.shape().last();
    Shape filter = Shape.of(channels, channels / groups, 3, 3);
    Op.Window window =
        new Op.Window(new Size(3, 3), new Size(1, 1), new Size(1, 1), new Padding(1, 1, 1, 1));
    Op conv = new Op.Conv(window, groups, new Epilogue(true, false, Activation.none()));
    Value weights = b.constant("w", tensor(filter));
    return b.add("conv", conv, value, weights, b.constant("b", tensor(Shape.of(channels))));
  }

  private Value relu(Value value) {
    return b.add("relu", new Op.Activate(Activation.relu()), value);
  }

  private Value added(Value p, Value q) {
    return b.add("+", new Op.Binary(BinaryFunction.ADD), p, q);
  }

  private static Op mul() {
    return new Op.Binary(BinaryFunction.MUL);
  }

  private Tensor tensor(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    IntStream.range(0, values.length).forEach(i -> values[i] = random.nextFloat(-1, 1));
    return Tensor.of(shape, values);
  }
}
