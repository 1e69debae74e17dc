package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.zoo.block.DoubleAttention;
import dev.tilewright.zoo.block.ShuffleUnit;
import dev.tilewright.zoo.block.SpatialGroupEnhance;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.WeightSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What blocks inside a network move: channels are last at both ends. */
class SinkTransposesTest {
  /** One of two factors over places lies the wrong way; and so does their small product. */
  @Test
  void aProductOfTransposesIsOne() {
    assertThat(moved(new DoubleAttention(32, 32), Shape.of(1, 12, 12, 48)))
        .containsExactly(Shape.of(1, 144, 32), Shape.of(1, 32, 32));
  }

  @Test
  void mapsOfGroupsMeetTheirChannelsInPlace() {
    assertThat(moved(new SpatialGroupEnhance(16, true), Shape.of(1, 12, 12, 32))).isEmpty();
  }

  /** Inside a network nothing but the move itself is left, channels last before and behind it. */
  @Test
  void pixelsAndChannelsChangePlacesInOneMove() {
    Block.Single toPixels = (n, x) -> n.pixelShuffle(x, 2);
    Block.Single toChannels = (n, x) -> n.spaceToDepth(x, 2);
    assertThat(moved(toPixels, Shape.of(1, 5, 4, 32))).containsExactly(Shape.of(1, 5, 4, 8, 2, 2));
    assertThat(moved(toChannels, Shape.of(1, 6, 8, 5))).containsExactly(Shape.of(1, 3, 2, 4, 2, 5));
    assertThat(moved(ShuffleUnit::alternating, Shape.of(1, 6, 8, 32)))
        .containsExactly(Shape.of(1, 6, 8, 2, 16));
  }

  /** As a filter for each image has it: images side by side are groups of channels. */
  @Test
  void imagesBecomeChannelsInOneMove() {
    Block.Single sideBySide = (n, x) -> n.reshape(x, 1, 3 * x.channels(), x.height(), x.width());
    assertThat(moved(sideBySide, Shape.of(3, 6, 8, 16))).containsExactly(Shape.of(3, 6, 8, 16));
  }

  /** Columns are shorter than a vector: rows are summed, for that costs a tenth. */
  @Test
  void sumsStayAlongRows() {
    assertThat(moved(new DoubleAttention(32, 8), Shape.of(1, 12, 12, 48)))
        .contains(Shape.of(1, 144, 8));
  }

  /** An image that comes with its channels first is resized and padded with them last. */
  @Test
  void pixelsStayWhole() {
    GraphBuilder builder = new GraphBuilder(Operators::evaluate);
    Value x = builder.input("x", TensorType.floats(Shape.of(1, 5, 4, 6)));
    Op resize =
        new Op.Resize(
            Op.Interpolation.NEAREST,
            Op.CoordinateTransform.ASYMMETRIC,
            Op.NearestMode.FLOOR,
            0,
            List.of(1.0, 2.0, 2.0, 1.0),
            Shape.of(1, 8, 12, 5));
    List<Integer> around = List.of(0, 1, 1, 0);
    Value y = builder.add("t", new Op.Transpose(List.of(0, 2, 3, 1)), x);
    y = builder.add("r", resize, y);
    y = builder.add("p", new Op.Pad(Op.PadMode.CONSTANT, around, around, 0), y);
    builder.output("y", builder.add("u", new Op.Transpose(List.of(0, 3, 1, 2)), y));
    List<Op> ops =
        Passes.standard(builder.build(), Operators::evaluate).nodes().stream()
            .map(n -> n.op())
            .toList();
    assertThat(ops)
        .anySatisfy(op ->
            assertThat(op)
                .isInstanceOfSatisfying(
                    Op.Resize.class, r -> assertThat(r.sizes()).isEqualTo(Shape.of(1, 8, 12, 5))))
        .anySatisfy(op ->
            assertThat(op)
                .isInstanceOfSatisfying(
                    Op.Pad.class, p -> assertThat(p.before()).containsExactly(0, 1, 1, 0)))
        .filteredOn(op -> op instanceof Op.Transpose)
        .hasSize(2);
  }

  /** What stands alone between the layouts of the model file and of kernels. */
  @Test
  void aNearestResizeByItselfMovesNothing() {
    assertThat(resizedAlone(Op.Interpolation.NEAREST))
        .singleElement()
        .isInstanceOfSatisfying(
            Op.Resize.class, r -> assertThat(r.sizes()).isEqualTo(Shape.of(1, 5, 8, 12)));
    assertThat(resizedAlone(Op.Interpolation.LINEAR)).hasSize(3);
  }

  private static List<Op> resizedAlone(Op.Interpolation interpolation) {
    GraphBuilder builder = new GraphBuilder(Operators::evaluate);
    Value x = builder.input("x", TensorType.floats(Shape.of(1, 5, 4, 6)));
    Op resize =
        new Op.Resize(
            interpolation,
            Op.CoordinateTransform.ASYMMETRIC,
            Op.NearestMode.FLOOR,
            0,
            List.of(1.0, 2.0, 2.0, 1.0),
            Shape.of(1, 8, 12, 5));
    Value y = builder.add("t", new Op.Transpose(List.of(0, 2, 3, 1)), x);
    y = builder.add("r", resize, y);
    builder.output("y", builder.add("u", new Op.Transpose(List.of(0, 3, 1, 2)), y));
    return Passes.standard(builder.build(), Operators::evaluate).nodes().stream()
        .map(n -> n.op())
        .toList();
  }

  /** What the passes leave to transpose, by shape; and the outputs stay what they are. */
  private static List<Shape> moved(Block.Single block, Shape shape) {
    Block.Single inside =
        (n, x) -> n.transpose(n.block("b", block, n.transpose(x, 0, 3, 1, 2)), 0, 2, 3, 1);
    Blueprint blueprint = Blueprint.of(inside, shape);
    Graph graph =
        OnnxImporter.graph(
            blueprint.onnx(WeightSource.seeded(3)), blueprint.inputs(), Operators::evaluate);
    Graph after = Passes.standard(graph, Operators::evaluate);
    Map<String, Tensor> in = new HashMap<>();
    Random random = new Random(5);
    graph.inputs().forEach(v -> in.put(v.name(), gaussian(random, v.shape())));
    Map<String, Tensor> want = Interpreter.run(graph, in);
    Interpreter.run(after, in)
        .forEach((name, got) ->
            assertThat(got.toFloats())
                .containsExactly(want.get(name).toFloats(), Offset.offset(1e-5f)));
    return after.nodes().stream()
        .filter(n -> n.op() instanceof Op.Transpose)
        .map(n -> n.input(0).shape())
        .toList();
  }

  private static Tensor gaussian(Random random, Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(shape, values);
  }
}
