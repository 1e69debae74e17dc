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
import org.junit.jupiter.api.Test;

/** Squeeze-and-excitation blocks: their factors go into a filter that is smaller than the image. */
class ScaleIntoFilterTest {
  private final Random random = new Random(8);

  @Test
  void factorsOfALargeImageGoIntoTheFilter() {
    areScaledFilters(block(1, 12, 16, 4, 1, 1), true);
    areScaledFilters(block(1, 6, 6, 16, 4, 1), true); // exactly 9 times as large
  }

  @Test
  void ofASmallOneOrOfSeveralTheyStay() {
    areScaledFilters(block(1, 6, 6, 16, 5, 1), false);
    areScaledFilters(block(2, 12, 16, 4, 1, 1), false);
  }

  @Test
  void beforeOtherConvolutionsTheyStay() {
    areScaledFilters(block(1, 12, 16, 4, 1, 3), false);
  }

  private void areScaledFilters(Graph graph, boolean scaled) {
    Graph after = Rewriter.apply(new ScaleIntoFilter(), graph, Operators::evaluate);
    Shape filter = graph.nodes().getLast().input(1).shape();
    assertThat(
            after.nodes().stream()
                .anyMatch(n ->
                    n.op() instanceof Op.Binary(BinaryFunction f)
                        && f == BinaryFunction.MUL
                        && n.output().shape().equals(filter)))
        .isEqualTo(scaled);
    assertThat(
            after.nodes().stream()
                .anyMatch(n ->
                    n.op() instanceof Op.Binary
                        && n.output().shape().equals(graph.inputs().getFirst().shape())))
        .isNotEqualTo(scaled);
    Map<String, Tensor> inputs = Map.of("x", tensor(graph.inputs().getFirst().shape()));
    // Two roundings of each product that differ: 2 u sum |x||s||f|, below 1e-5 for values below 1.
    assertThat(Interpreter.run(after, inputs).get("y").toFloats())
        .containsExactly(
            Interpreter.run(graph, inputs).get("y").toFloats(),
            org.assertj.core.data.Offset.offset(1e-5f));
  }

  /** A gate, and a convolution with bias and residual behind it. */
  private Graph block(int batch, int height, int width, int channels, int outputs, int taps) {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    Value x = b.input("x", TensorType.floats(Shape.of(batch, height, width, channels)));
    Value mean = b.add("mean", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), true), x);
    Value gate = b.add("gate", new Op.Activate(new Activation.Sigmoid()), mean);
    Op product = new Op.Binary(BinaryFunction.MUL);
    Value scaled =
        random.nextBoolean() ? b.add("mul", product, x, gate) : b.add("mul", product, gate, x);
    int pad = taps / 2;
    Size one = new Size(1, 1);
    Op.Window window =
        new Op.Window(new Size(taps, taps), one, one, new Padding(pad, pad, pad, pad));
    Value residual =
        b.add(
            "slice",
            new Op.Slice(
                List.of(0, 0, 0, 0),
                List.of(1, 1, 1, 1),
                Shape.of(batch, height, width, Math.min(outputs, channels))),
            x);
    boolean fits = outputs <= channels;
    List<Value> in = new ArrayList<>(List.of(scaled));
    in.add(b.constant("f", tensor(Shape.of(outputs, channels, taps, taps))));
    in.add(b.constant("b", tensor(Shape.of(outputs))));
    if (fits) {
      in.add(residual);
    }
    Op conv = new Op.Conv(window, 1, new Epilogue(true, fits, Activation.relu()));
    b.output("y", b.addAll("conv", conv, in).getFirst());
    return b.build();
  }

  private Tensor tensor(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(shape, values);
  }
}
