package dev.tilewright.onnx;

import static dev.tilewright.onnx.ModelBytes.integer;
import static dev.tilewright.onnx.ModelBytes.integers;
import static dev.tilewright.onnx.ModelBytes.real;
import static dev.tilewright.onnx.ModelBytes.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The graphs that models become. What operators compute is in {@link ImportedValuesTest}. */
final class OnnxImporterTest {
  @Test
  void imagesAreChannelsLastInside() {
    Graph graph = conv(1, "x w b", integers("pads", 1, 2, 3, 4), integers("strides", 2, 1)).graph();
    assertThat(graph.nodes())
        .extracting(Node::op)
        .containsExactly(
            new Op.Transpose(List.of(0, 2, 3, 1)),
            new Op.Conv(
                new Op.Window(
                    new Size(3, 3), new Size(2, 1), new Size(1, 1), new Padding(1, 2, 3, 4)),
                1,
                new dev.tilewright.conv.Epilogue(true, false, Activation.none())),
            new Op.Transpose(List.of(0, 3, 1, 2)));
    assertThat(shape(graph)).isEqualTo(Shape.of(1, 8, 6, 14));
  }

  @Test
  void autoPadBecomesPads() {
    assertThat(pad(text("auto_pad", "SAME_UPPER"), integers("strides", 2, 1)))
        .isEqualTo(new Padding(0, 1, 1, 1));
    assertThat(pad(text("auto_pad", "SAME_LOWER"), integers("strides", 2, 1)))
        .isEqualTo(new Padding(1, 1, 0, 1));
    assertThat(pad(text("auto_pad", "VALID"))).isEqualTo(new Padding(0, 0, 0, 0));
    assertThat(pad(text("auto_pad", "SAME_UPPER"), integers("dilations", 2, 2)))
        .isEqualTo(new Padding(2, 2, 2, 2));
  }

  @Test
  void aLineIsAnImageOfHeightOne() {
    Graph graph =
        new ModelBytes(11)
            .input("x", 1, 4, 10)
            .weights("w", 8, 4, 3)
            .node("Conv", "x w", "y", integers("pads", 1, 1), integers("strides", 2))
            .output("y")
            .graph();
    assertThat(only(graph, Op.Conv.class).window())
        .isEqualTo(
            new Op.Window(new Size(1, 3), new Size(1, 2), new Size(1, 1), new Padding(0, 1, 0, 1)));
    assertThat(shape(graph)).isEqualTo(Shape.of(1, 8, 5));
  }

  @Test
  void transposedConvolutionsCutAndExtend() {
    assertThat(shape(convTranspose())).isEqualTo(Shape.of(1, 2, 5, 7));
    assertThat(shape(convTranspose(integers("strides", 2, 2), integers("pads", 1, 1, 1, 1))))
        .isEqualTo(Shape.of(1, 2, 5, 9));
    assertThat(
            shape(
                convTranspose(
                    integers("strides", 2, 2),
                    integers("pads", 1, 1, 1, 1),
                    integers("output_padding", 1, 1))))
        .isEqualTo(Shape.of(1, 2, 6, 10));
    Graph same = convTranspose(integers("strides", 2, 2), text("auto_pad", "SAME_UPPER"));
    assertThat(shape(same)).isEqualTo(Shape.of(1, 2, 6, 10));
    assertThat(only(same, Op.ConvTranspose.class).window().pad())
        .isEqualTo(new Padding(0, 0, 1, 1));
    Graph stated = convTranspose(integers("strides", 3, 3), integers("output_shape", 10, 16));
    assertThat(shape(stated)).isEqualTo(Shape.of(1, 2, 10, 16));
    assertThat(only(stated, Op.ConvTranspose.class).extra()).isEqualTo(new Padding(0, 0, 1, 1));
  }

  @Test
  void poolsRoundUpInCeilModeIfTheLastWindowStartsInside() {
    assertThat(pool(6, integers("kernel_shape", 3, 3), integers("strides", 2, 2)))
        .isEqualTo(new Size(2, 2));
    assertThat(
            pool(
                6,
                integers("kernel_shape", 3, 3),
                integers("strides", 2, 2),
                integer("ceil_mode", 1)))
        .isEqualTo(new Size(3, 3));
    // ceil((5 + 2 - 2) / 3) + 1 = 3, but the third window would start at 6 - 1 = 5, in the padding.
    assertThat(
            pool(
                5,
                integers("kernel_shape", 2, 2),
                integers("strides", 3, 3),
                integers("pads", 1, 1, 1, 1),
                integer("ceil_mode", 1)))
        .isEqualTo(new Size(2, 2));
  }

  @Test
  void batchNormalizationBecomesAFactorAndATerm() {
    Graph graph =
        new ModelBytes(9)
            .input("x", 1, 2, 3, 3)
            .floats("scale", 2, 3)
            .floats("shift", 1, -1)
            .floats("mean", 4, 5)
            .floats("var", 3, 15)
            .node("BatchNormalization", "x scale shift mean var", "y", real("epsilon", 1))
            .output("y")
            .graph();
    assertThat(graph.nodes())
        .extracting(Node::op)
        .containsExactly(
            new Op.Binary(Op.BinaryFunction.MUL), new Op.Binary(Op.BinaryFunction.ADD));
    List<Tensor> constants =
        graph.nodes().stream().map(n -> graph.constants().get(n.input(1))).toList();
    assertThat(constants.get(0).shape()).isEqualTo(Shape.of(2, 1, 1));
    assertThat(constants.get(0).toFloats()).containsExactly(1, 0.75f);
    assertThat(constants.get(1).toFloats()).containsExactly(-3, -4.75f);
  }

  @Test
  void boundsOfClipAreAttributesOrInputs() {
    Op relu6 = new Op.Activate(new Activation.Clip(0, 6));
    ModelBytes old = new ModelBytes(7).input("x", 4).output("y");
    old.node("Clip", "x", "y", real("min", 0), real("max", 6));
    assertThat(old.graph().nodes()).extracting(Node::op).containsExactly(relu6);
    ModelBytes recent = new ModelBytes(13).input("x", 4).output("y");
    recent.floats("low", Shape.SCALAR, 0).floats("high", Shape.SCALAR, 6);
    recent.node("Clip", "x low high", "y");
    assertThat(recent.graph().nodes()).extracting(Node::op).containsExactly(relu6);
    ModelBytes open = new ModelBytes(13).input("x", 4).output("y");
    open.floats("low", Shape.SCALAR, 2).node("Clip", "x low", "y");
    assertThat(open.graph().nodes())
        .extracting(Node::op)
        .containsExactly(new Op.Activate(new Activation.Clip(2, Float.POSITIVE_INFINITY)));
  }

  @Test
  void oldSoftmaxTakesAllAxesFromItsOwnOn() {
    assertThat(softmax(11, 3, 4)).containsExactly(new Op.Softmax(1));
    assertThat(softmax(11, 2, 3, 4))
        .containsExactly(
            new Op.Reshape(Shape.of(2, 12)), new Op.Softmax(1), new Op.Reshape(Shape.of(2, 3, 4)));
    assertThat(softmax(11, 2, 3, 1, 1)).containsExactly(new Op.Softmax(1));
    assertThat(softmax(13, 2, 3, 4)).containsExactly(new Op.Softmax(2));
  }

  @Test
  void shapeArithmeticFoldsAway() {
    Graph graph =
        new ModelBytes(11)
            .openInput("x", 1, "n", 6, "h", "w")
            .longs("zero", 0)
            .longs("rest", 2, -1)
            .node("Shape", "x", "shape")
            .node("Gather", "shape zero", "batch")
            .node("Concat", "batch rest", "to", integer("axis", 0))
            .node("Reshape", "x to", "y")
            .output("y")
            .graph(dev.tilewright.op.Operators::evaluate, Map.of("x", Shape.of(5, 6, 2, 2)));
    assertThat(graph.nodes())
        .extracting(Node::op)
        .containsExactly(new Op.Reshape(Shape.of(5, 2, 12)));
  }

  /** Channels last, as the kernels have them. */
  @Test
  void resizeStatesScalesAndSizes() {
    ModelBytes bySizes = new ModelBytes(11).input("x", 1, 2, 4, 6).output("y");
    bySizes.longs("sizes", 1, 2, 6, 3).node("Resize", "x - - sizes", "y", text("mode", "linear"));
    Op.Resize resize = only(bySizes.graph(), Op.Resize.class);
    assertThat(resize.scales()).containsExactly(1.0, 1.5, 0.5, 1.0);
    assertThat(resize.transform()).isEqualTo(Op.CoordinateTransform.HALF_PIXEL);
    ModelBytes byScales = new ModelBytes(18).input("x", 1, 2, 4, 6).output("y");
    byScales.floats("scales", 1.3f, 2);
    byScales.node("Resize", "x - scales", "y", integers("axes", 2, -1));
    resize = only(byScales.graph(), Op.Resize.class);
    assertThat(resize.sizes()).isEqualTo(Shape.of(1, 5, 12, 2));
    assertThat(resize.nearest()).isEqualTo(Op.NearestMode.ROUND_PREFER_FLOOR);
    ModelBytes upsample = new ModelBytes(9).input("x", 1, 2, 4, 6).output("y");
    upsample.floats("scales", 1, 1, 2, 2).node("Upsample", "x scales", "y");
    resize = only(upsample.graph(), Op.Resize.class);
    assertThat(resize.sizes()).isEqualTo(Shape.of(1, 8, 12, 2));
    assertThat(resize.transform()).isEqualTo(Op.CoordinateTransform.ASYMMETRIC);
    assertThat(resize.nearest()).isEqualTo(Op.NearestMode.FLOOR);
  }

  @Test
  void identitiesCostNothing() {
    Graph graph =
        new ModelBytes(12)
            .input("x", 2, 3)
            .node("Identity", "x", "a")
            .node("Dropout", "a", "b unusedMask")
            .node("Sum", "b", "c")
            .node("Transpose", "c", "y", integers("perm", 0, 1))
            .output("y", "x")
            .graph();
    assertThat(graph.nodes()).isEmpty();
    assertThat(graph.outputs()).containsOnlyKeys("y", "x");
  }

  @Test
  void listsAllThatIsNotSupportedAtOnce() {
    ModelBytes model =
        new ModelBytes(13)
            .opset("com.microsoft", 1)
            .input("x", 1, 1, 4, 4)
            .node("Relu", "x", "a")
            .node("Det", "a", "b")
            .node("Det", "b", "c")
            .node("com.microsoft", "Attention", "c", "d")
            .node("BatchNormalization", "d", "e mean")
            .node("Conv", "e mean", "f", text("auto_pad", "SAME"))
            .node("Resize", "f", "g", text("mode", "lanczos"))
            .node("Upsample", "g", "h")
            .output("h");
    assertThatThrownBy(model::graph)
        .isInstanceOfSatisfying(
            UnsupportedModelException.class,
            e ->
                assertThat(e.missing())
                    .containsExactly(
                        "Det (opset 13) x2",
                        "com.microsoft.Attention (opset 1) x1",
                        "BatchNormalization (output 1) x1",
                        "Conv (auto_pad SAME) x1",
                        "Resize (mode lanczos) x1",
                        "Upsample (opset 13) x1"));
  }

  @Test
  void opsetsOutsideTheTableAreNotSupported() {
    Map.of("Relu", 22, "Cast", 5, "Erf", 8)
        .forEach((op, opset) -> {
          ModelBytes model = new ModelBytes(opset).input("x", 1).node(op, "x", "y").output("y");
          assertThatThrownBy(model::graph)
              .isInstanceOf(UnsupportedModelException.class)
              .hasMessageContaining(op + " (opset " + opset + ")");
        });
  }

  @Test
  void saysWhatDependsOnData() {
    ModelBytes model = new ModelBytes(13).input("x", 4).typedInput("to", 7, 2).output("y");
    assertThatThrownBy(model.node("Reshape", "x to", "y")::graph)
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("'to'")
        .hasMessageContaining("depends on data");
  }

  @Test
  void defectsNameTheirNode() {
    refused("two dimensions are -1", one(13, "Reshape", "x s").longs("s", -1, -1));
    refused("does not divide", one(13, "Reshape", "x s").longs("s", -1, 5));
    refused("axis 3", one(13, "Softmax", "x", integer("axis", 3)));
    refused("must be an integer", one(13, "Softmax", "x", real("axis", 3)));
    refused("input 1 is missing", one(13, "Add", "x"));
    refused("do not broadcast", one(13, "Add", "x w").weights("w", 2, 2));
    refused("step of 0", one(13, "Slice", "x s s s z").longs("s", 1).longs("z", 0));
    refused("index 7", one(13, "Gather", "x i").longs("i", 7));
    refused("named twice", one(13, "ReduceMean", "x", integers("axes", 1, -1)));
    refused("do not make 2 outputs", one(11, "Split", "x", integers("split", 1, 1)));
    refused("not a permutation", one(13, "Transpose", "x", integers("perm", 1, 1)));
    refused("scale -1", one(10, "Resize", "x s").floats("s", 1, -1));
    refused("12 pads", one(10, "Pad", "x", integers("pads", new long[12])));
    refused("is not 1", one(11, "Squeeze", "x", integers("axes", 0)));
    for (String op : List.of("Relu", "Identity", "Optional", "SequenceEmpty", "If")) {
      refused("has no outputs", new ModelBytes(16).input("x", 3, 4).node(op, "x", "").output("x"));
    }
  }

  @Test
  void windowsThatCannotBeAreRefused() {
    assertThatThrownBy(conv(3, "x w")::graph).hasMessageContaining("groups must divide");
    badConv("a window has 0", integers("strides", 0, 1));
    badConv("a window has -1", integers("dilations", 1, -1));
    badConv("a window has -1", integers("pads", 0, 0, 0, -1));
    badConv("a window has 1099511627776", integers("pads", 0, 0, 0, 1L << 40));
    badConv("pads needs 4 numbers", integers("pads", 1, 1));
    badConv("kernel_shape is not that of the filter", integers("kernel_shape", 2, 3));
    badConv("larger than the padded input", integers("dilations", 9, 1));
    ModelBytes pool = new ModelBytes(13).input("x", 1, 1, 4, 4).output("y");
    pool.node("MaxPool", "x", "y", integers("kernel_shape", 2, 2), integers("pads", 2, 0, 0, 0));
    assertThatThrownBy(pool::graph).hasMessageContaining("smaller than the window");
  }

  @Test
  void equationsAreLettersAndOneEllipsis() {
    for (String equation : List.of("0j,jk->0k", "......j,jk->k", "ij,jk->1k", "i.j,jk->ik")) {
      ModelBytes model = new ModelBytes(13).input("x", 2, 3).input("w", 3, 4).output("y");
      assertThatThrownBy(model.node("Einsum", "x w", "y", text("equation", equation))::graph)
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("must be letters and at most one ellipsis");
    }
  }

  @Test
  void constantsAreBounded() {
    ModelBytes zeros = new ModelBytes(13).longs("s", 1 << 16, 1 << 16).output("y");
    assertThatThrownBy(zeros.node("ConstantOfShape", "s", "y")::graph)
        .isInstanceOf(UnsupportedModelException.class);
    ModelBytes range = new ModelBytes(13).scalar("a", 0).scalar("b", 1L << 40).scalar("c", 1);
    assertThatThrownBy(range.node("Range", "a b c", "y").output("y")::graph)
        .isInstanceOf(UnsupportedModelException.class);
    // Each of these folds by itself: its result is as large as its inputs together.
    ModelBytes doubling = new ModelBytes(13).weights("x0", 1 << 12);
    for (int i = 0; i < 20; i++) {
      String half = "x" + i;
      doubling.node("Concat", half + " " + half, "x" + (i + 1), integer("axis", 0));
    }
    assertThatThrownBy(doubling.output("x20")::graph)
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("far larger");
  }

  @Test
  void inputShapesAreChecked() {
    OnnxModel model =
        new ModelBytes(13)
            .openInput("a", 1, "n", 3)
            .openInput("b", 1, "n", 3)
            .node("Add", "a b", "y")
            .output("y")
            .read();
    badInput("input b:float32[nx3] is missing", model, Map.of("a", Shape.of(1, 3)));
    badInput("no input [c]", model, shapes(1, 1, "c"));
    badInput("'n' is 1 and 2", model, shapes(1, 2, "b"));
    badInput("has 2 dimensions", model, Map.of("a", Shape.of(3), "b", Shape.of(1, 3)));
    badInput("is fixed", model, Map.of("a", Shape.of(1, 4), "b", Shape.of(1, 3)));
    assertThat(OnnxImporter.graph(model, shapes(2, 2, "b"), (op, in, out) -> List.of()).inputs())
        .hasSize(2);
  }

  private static Map<String, Shape> shapes(int a, int b, String second) {
    Map<String, Shape> shapes =
        new java.util.HashMap<>(Map.of("a", Shape.of(a, 3), "b", Shape.of(b, 3)));
    shapes.put(second, Shape.of(b, 3));
    return shapes;
  }

  private static void badInput(String message, OnnxModel model, Map<String, Shape> shapes) {
    assertThatThrownBy(() -> OnnxImporter.graph(model, shapes, (op, in, out) -> List.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  /** One node on an input x of [3, 4]. */
  private static ModelBytes one(int opset, String op, String in, OnnxBytes... attributes) {
    String out = op.equals("Split") ? "y z" : "y";
    return new ModelBytes(opset).input("x", 3, 4).node(op, in, out, attributes).output("y");
  }

  private static void refused(String message, ModelBytes model) {
    assertThatThrownBy(model::graph)
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("_of_test'")
        .hasMessageContaining(message);
  }

  private static void badConv(String message, OnnxBytes attribute) {
    refused(message, conv(1, "x w", attribute));
  }

  /** 3x3 on [1, 4, 10, 10] to 8 channels. */
  private static ModelBytes conv(int groups, String in, OnnxBytes... attributes) {
    OnnxBytes[] all = java.util.Arrays.copyOf(attributes, attributes.length + 1);
    all[attributes.length] = integer("group", groups);
    return new ModelBytes(11)
        .input("x", 1, 4, 10, 10)
        .weights("w", 8, 4, 3, 3)
        .weights("b", 8)
        .node("Conv", in, "y", all)
        .output("y");
  }

  private static Padding pad(OnnxBytes... attributes) {
    return only(conv(1, "x w", attributes).graph(), Op.Conv.class).window().pad();
  }

  private static Graph convTranspose(OnnxBytes... attributes) {
    return new ModelBytes(11)
        .input("x", 1, 4, 3, 5)
        .weights("w", 4, 2, 3, 3)
        .node("ConvTranspose", "x w", "y", attributes)
        .output("y")
        .graph();
  }

  private static Size pool(int size, OnnxBytes... attributes) {
    Graph graph =
        new ModelBytes(11)
            .input("x", 1, 1, size, size)
            .node("MaxPool", "x", "y", attributes)
            .output("y")
            .graph();
    return only(graph, Op.Pool.class).out();
  }

  private static List<Op> softmax(int opset, Integer... dims) {
    ModelBytes model = new ModelBytes(opset).input("x", dims).node("Softmax", "x", "y");
    return model.output("y").graph().nodes().stream().map(Node::op).toList();
  }

  private static Shape shape(Graph graph) {
    return graph.outputs().values().iterator().next().shape();
  }

  private static <T extends Op> T only(Graph graph, Class<T> kind) {
    List<T> found =
        graph.nodes().stream().map(Node::op).filter(kind::isInstance).map(kind::cast).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }
}
