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
import org.assertj.core.data.Offset;

/** Copies of some channels of one image before convolutions, and how many a pass leaves. */
abstract class ChannelCopies {
  private final Random random;
  private final GraphBuilder b = new GraphBuilder(Operators::evaluate);
  final Value x;

  ChannelCopies(int seed, Shape image) {
    random = new Random(seed);
    x = b.input("x", TensorType.floats(image));
  }

  /** The channels at these places, in this order. */
  final Value gathered(Value value, long... places) {
    Value index = b.constant("order", Tensor.of(Shape.of(places.length), places));
    return b.add("gather", new Op.Gather(3), value, index);
  }

  /** To {@code k} channels, by size x size taps around the pixel. */
  final Value conv(Value value, int k, int size, int groups) {
    Size one = new Size(1, 1);
    int pad = size / 2;
    Op.Window window =
        new Op.Window(new Size(size, size), one, one, new Padding(pad, pad, pad, pad));
    Op conv = new Op.Conv(window, groups, new Epilogue(true, false, Activation.none()));
    Shape filter = Shape.of(k, value.shape().last() / groups, size, size);
    Value weights = b.constant("w", tensor(filter));
    return b.add("conv", conv, value, weights, b.constant("b", tensor(Shape.of(k))));
  }

  final Value added(Value p, Value q) {
    return b.add("+", new Op.Binary(BinaryFunction.ADD), p, q);
  }

  final Value concatenated(Value... parts) {
    return b.add("y", new Op.Concat(3), parts);
  }

  /**
   * Requires that the pass leaves so many copies, and results as before.
   *
   * @param bound of their difference
   */
  final void leaves(int gathers, Pass pass, float bound, Value y) {
    b.output("y", y);
    Graph before = b.build();
    Graph after = Rewriter.apply(pass, before, Operators::evaluate);
    assertThat(after.nodes().stream().filter(n -> n.op() instanceof Op.Gather)).hasSize(gathers);
    Map<String, Tensor> inputs = Map.of("x", tensor(x.shape()));
    float[] expected = Interpreter.run(before, inputs).get("y").toFloats();
    assertThat(Interpreter.run(after, inputs).get("y").toFloats())
        .containsExactly(expected, Offset.offset(bound));
  }

  private Tensor tensor(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return Tensor.of(shape, values);
  }
}
