package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Decomposed;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the passes leave of operators that come in pieces; that it is right, random graphs test. */
class RecogniseTest {
  private final GraphBuilder builder = new GraphBuilder(Operators::evaluate);

  private Value input(Integer... dims) {
    return builder.input("x", TensorType.floats(Shape.of(dims)));
  }

  private Value vector(int size, float value) {
    float[] values = new float[size];
    Arrays.fill(values, value);
    return builder.constant("c", Tensor.of(Shape.of(size), values));
  }

  private List<Op> after(Value output) {
    builder.output("y", output);
    Graph graph = Passes.standard(builder.build(), Operators::evaluate);
    return graph.nodes().stream().map(n -> n.op()).toList();
  }

  @Test
  void geluIsOneActivation() {
    assertThat(after(Decomposed.gelu(builder, input(1, 5, 7))))
        .containsExactly(new Op.Activate(new Activation.Gelu()));
  }

  @Test
  void layerNormTakesItsScaleAndShift() {
    Value normal = Decomposed.layerNorm(builder, input(2, 5, 8), 1e-5f);
    Value scaled = Decomposed.binary(builder, BinaryFunction.MUL, normal, vector(8, 3));
    Value shifted = Decomposed.binary(builder, BinaryFunction.ADD, scaled, vector(8, -1));
    assertThat(after(shifted)).containsExactly(new Op.LayerNorm(1e-5f));
  }

  @Test
  void affineChannelsAreADepthwiseConvolutionWithTheActivation() {
    Value scaled = Decomposed.binary(builder, BinaryFunction.MUL, input(1, 4, 4, 8), vector(8, 3));
    Value shifted = Decomposed.binary(builder, BinaryFunction.ADD, vector(8, -1), scaled);
    Value active = builder.add("relu", new Op.Activate(Activation.relu()), shifted);
    assertThat(after(active))
        .singleElement()
        .isInstanceOfSatisfying(
            Op.Conv.class,
            conv -> {
              assertThat(conv.groups()).isEqualTo(8);
              assertThat(conv.epilogue().bias()).isTrue();
              assertThat(conv.epilogue().activation()).isEqualTo(Activation.relu());
            });
  }

  @Test
  void residualIsAddedBehindAReshape() {
    Value x = input(5, 3, 8);
    Value weights = builder.constant("w", Tensor.of(Shape.of(8, 8), new float[64]));
    Value product = builder.add("product", new Op.MatMul(), x, weights);
    assertThat(after(Decomposed.binary(builder, BinaryFunction.ADD, x, product)))
        .filteredOn(op -> !(op instanceof Op.Reshape))
        .singleElement()
        .isInstanceOfSatisfying(
            Op.Conv.class, conv -> assertThat(conv.epilogue().residual()).isTrue());
  }

  @Test
  void gatheringOneThingIsASlice() {
    Value index = builder.constant("i", Tensor.of(Shape.SCALAR, -1L));
    assertThat(after(builder.add("pick", new Op.Gather(0), input(3, 5), index)))
        .extracting(Op::getClass)
        .containsExactly(Op.Slice.class, Op.Reshape.class);
  }

  @Test
  void aTransposeIsNotTakenApartByAReshape() {
    Value turned = builder.add("t", new Op.Transpose(List.of(1, 0, 2)), input(12, 19, 8));
    Value merged = builder.add("r", new Op.Reshape(Shape.of(19, 96)), turned);
    Value weights = builder.constant("w", Tensor.of(Shape.of(96, 2), new float[192]));
    assertThat(after(builder.add("p", new Op.MatMul(), merged, weights)))
        .filteredOn(op -> op instanceof Op.Transpose)
        .containsExactly(new Op.Transpose(List.of(1, 0, 2)));
  }
}
