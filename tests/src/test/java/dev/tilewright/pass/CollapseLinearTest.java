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

/** Which layers become one convolution, and which must not because borders would differ. */
class CollapseLinearTest {
  private static final Shape IMAGE = Shape.of(2, 7, 9, 4);

  private final GraphBuilder builder = new GraphBuilder(Operators::evaluate);
  private final Random random = new Random(5);
  private final Value x = builder.input("x", TensorType.floats(IMAGE));

  private Tensor tensor(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(shape, values);
  }

  private Value conv(Value src, int k, int size, int stride, int pad, int groups, boolean bias) {
    return conv(src, k, size, size, stride, new Padding(pad, pad, pad, pad), groups, bias);
  }

  private Value conv(
      Value src, int k, int rows, int columns, int stride, Padding pad, int groups, boolean bias) {
    Op.Window window =
        new Op.Window(new Size(rows, columns), new Size(stride, stride), new Size(1, 1), pad);
    Shape filter = Shape.of(k, src.shape().last() / groups, rows, columns);
    List<Value> in = new ArrayList<>(List.of(src, builder.constant("w", tensor(filter))));
    if (bias) {
      in.add(builder.constant("b", tensor(Shape.of(k))));
    }
    Op op = new Op.Conv(window, groups, new Epilogue(bias, false, Activation.none()));
    return builder.addAll("conv", op, in).getFirst();
  }

  private Value average(Value src, int stride, boolean countPad) {
    Op.Window window =
        new Op.Window(
            new Size(3, 3), new Size(stride, stride), new Size(1, 1), new Padding(1, 1, 1, 1));
    Size out =
        new Size((src.shape().dim(1) - 1) / stride + 1, (src.shape().dim(2) - 1) / stride + 1);
    return builder.add("pool", new Op.Pool(Op.PoolKind.AVERAGE, window, out, countPad), src);
  }

  private Value add(Value a, Value b) {
    return builder.add("sum", new Op.Binary(BinaryFunction.ADD), a, b);
  }

  private Value affine(Value src) {
    int c = src.shape().last();
    Value scale = builder.constant("s", tensor(Shape.of(c)));
    Value scaled = builder.add("scale", new Op.Binary(BinaryFunction.MUL), src, scale);
    return add2(scaled, builder.constant("t", tensor(Shape.of(c))));
  }

  private Value add2(Value a, Value constant) {
    return builder.add("shift", new Op.Binary(BinaryFunction.ADD), a, constant);
  }

  private Value pad(Value src, int by) {
    List<Integer> amounts = List.of(0, by, by, 0);
    return builder.add("pad", new Op.Pad(Op.PadMode.CONSTANT, amounts, amounts, 0), src);
  }

  /** The nodes that are left; the outputs must be what they were. */
  private List<Op> after(Value output) {
    builder.output("y", output);
    Graph before = builder.build();
    Graph graph = Rewriter.apply(new CollapseLinear(), before, Operators::evaluate);
    assertThat(graph.macs()).isLessThanOrEqualTo(before.macs());
    Map<String, Tensor> inputs = Map.of("x", tensor(IMAGE));
    float[] want = Interpreter.run(before, inputs).get("y").toFloats();
    float[] got = Interpreter.run(graph, inputs).get("y").toFloats();
    assertThat(got).containsExactly(want, org.assertj.core.data.Offset.offset(1e-5f));
    return graph.nodes().stream().map(n -> n.op()).toList();
  }

  private void isOneConvolution(Value output, int groups, int rows, int columns) {
    assertThat(after(output))
        .singleElement()
        .isInstanceOfSatisfying(
            Op.Conv.class,
            conv -> {
              assertThat(conv.groups()).isEqualTo(groups);
              assertThat(conv.window().kernel()).isEqualTo(new Size(rows, columns));
            });
  }

  private void staysAsItIs(Value output, int nodes) {
    assertThat(after(output)).hasSize(nodes);
  }

  @Test
  void branchesOfOneImageAreOneFilter() {
    Value square = conv(x, 6, 3, 1, 1, 1, true);
    Value row = conv(x, 6, 1, 3, 1, new Padding(0, 1, 0, 1), 1, true);
    Value column = conv(x, 6, 3, 1, 1, new Padding(1, 0, 1, 0), 1, false);
    isOneConvolution(add(add(square, row), column), 1, 3, 3);
  }

  @Test
  void identityAndItsNormalisationAreTapsInTheMiddle() {
    Value branches = add(conv(x, 4, 3, 1, 1, 2, true), conv(x, 4, 1, 1, 0, 2, true));
    isOneConvolution(add(add(branches, affine(x)), x), 2, 3, 3);
  }

  @Test
  void branchesWithAStrideMeetAtTheirTaps() {
    isOneConvolution(add(conv(x, 6, 5, 2, 2, 1, true), conv(x, 6, 1, 2, 0, 1, true)), 1, 5, 5);
  }

  @Test
  void branchesOfOtherWidthsWouldAddWork() {
    staysAsItIs(add(conv(x, 4, 3, 1, 1, 4, true), conv(x, 4, 1, 1, 0, 1, true)), 3);
  }

  @Test
  void depthwiseThenPointwiseStayUnlessThereAreManyFiltersAChannel() {
    staysAsItIs(conv(conv(x, 4, 3, 1, 1, 4, false), 4, 1, 1, 0, 1, true), 2);
  }

  @Test
  void manyFiltersAChannelThenPointwiseAreOneConvolution() {
    isOneConvolution(conv(conv(x, 36, 3, 2, 1, 4, true), 8, 1, 1, 0, 1, true), 1, 3, 3);
  }

  @Test
  void paddingTheResultOfAPointwiseLayerNeedsItsBiasToBeZero() {
    staysAsItIs(conv(conv(x, 6, 1, 1, 0, 1, true), 4, 3, 1, 1, 1, true), 2);
  }

  @Test
  void withoutABiasPaddingMakesNoDifference() {
    isOneConvolution(conv(conv(x, 6, 1, 1, 0, 1, false), 4, 3, 1, 1, 1, true), 1, 3, 3);
  }

  @Test
  void withoutPaddingABiasMakesNoDifference() {
    isOneConvolution(conv(conv(x, 6, 1, 1, 0, 1, true), 4, 3, 1, 0, 1, true), 1, 3, 3);
  }

  @Test
  void paddingTheResultOfAWideWindowIsNotPaddingTheImage() {
    staysAsItIs(conv(conv(x, 36, 3, 1, 1, 1, false), 1, 3, 1, 1, 1, false), 2);
  }

  @Test
  void paddingWithTheBiasIsZeroPaddingBeforeIt() {
    Value padded = pad(conv(x, 6, 1, 1, 0, 1, false), 1);
    Value shifted = add2(padded, builder.constant("t", tensor(Shape.of(1, 1, 1, 6))));
    isOneConvolution(conv(shifted, 4, 3, 1, 0, 1, true), 1, 3, 3);
  }

  @Test
  void averagesThatCountThePaddingAreTaps() {
    Value averaged = average(conv(x, 6, 1, 1, 0, 1, false), 2, true);
    isOneConvolution(add(conv(x, 6, 3, 2, 1, 1, true), affine(averaged)), 1, 3, 3);
  }

  @Test
  void averagesThatDoNotCountThePaddingAreNot() {
    Value averaged = average(conv(x, 6, 1, 1, 0, 1, false), 2, false);
    staysAsItIs(add(conv(x, 6, 3, 2, 1, 1, true), averaged), 4);
  }

  @Test
  void normalisationBeforeAConvolutionWithoutPadding() {
    isOneConvolution(conv(affine(x), 6, 3, 1, 0, 1, true), 1, 3, 3);
  }

  @Test
  void normalisationBeforePaddingStays() {
    staysAsItIs(conv(affine(x), 6, 3, 1, 1, 1, true), 3);
  }

  @Test
  void whatOthersReadIsComputedAnyway() {
    Value inner = conv(x, 6, 1, 1, 0, 1, true);
    builder.output("inner", inner);
    staysAsItIs(conv(inner, 4, 1, 1, 0, 1, true), 2);
  }

  @Test
  void stridesMultiply() {
    Value inner = conv(x, 30, 2, 2, 2, new Padding(0, 0, 0, 0), 1, true);
    isOneConvolution(conv(inner, 3, 2, 1, 0, 1, true), 1, 4, 4);
  }
}
