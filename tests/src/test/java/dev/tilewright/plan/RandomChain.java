package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A depthwise convolution with 1x1 convolutions around it, of random shapes: odd sizes, single
 * rows, any stride and padding, several images, channels that fill no vector, sources that are
 * slices and results that are concatenated.
 */
final class RandomChain {
  private final long seed;
  private final Graph graph;
  private final Builder builder;
  private final int rowsOfBand;

  RandomChain(long seed) {
    this.seed = seed;
    Random random = new Random(seed);
    builder = new Builder(seed);
    int kernel = random.nextBoolean() ? 3 : 1 + random.nextInt(6);
    int stride = 1 + random.nextInt(2);
    int pad = random.nextInt(kernel);
    int height = Math.max(1, kernel - 2 * pad) + random.nextInt(24);
    int width = kernel + 7 * stride + random.nextInt(12);
    int channels = 8 + random.nextInt(60);
    int form = random.nextInt(3);
    boolean hasBefore = form != 1;
    boolean hasAfter = form != 2;
    int source = hasBefore ? 1 + random.nextInt(30) : channels;
    Value x = builder.input("x", 1 + random.nextInt(3), height, width, source);
    Value src = x;
    if (random.nextInt(3) == 0) {
      Value wide = builder.conv(x, source + 7, 1, 1, 0, false, null);
      src = builder.columns(wide, 3, source);
      builder.alsoOutput("rest", builder.columns(wide, 0, 2));
    }
    Value y = hasBefore ? builder.conv(src, channels, 1, 1, 0, false, null) : src;
    Shape middle = builder.shapeAfter(y, channels, kernel, stride, pad);
    boolean residual = random.nextBoolean();
    Value added =
        residual
            ? builder.input(
                "residual",
                middle.dim(0),
                middle.dim(1),
                middle.dim(2),
                hasAfter ? source : channels)
            : null;
    y = builder.conv(y, channels, kernel, stride, pad, true, hasAfter ? null : added);
    y = hasAfter ? builder.conv(y, source, 1, 1, 0, false, added) : y;
    if (random.nextBoolean()) {
      Shape s = y.shape();
      Value other = builder.input("other", s.dim(0), s.dim(1), s.dim(2), 5);
      y = builder.beside(other, y);
    }
    graph = builder.build(y);
    rowsOfBand = 1 + random.nextInt(Math.min(9, middle.dim(1)));
  }

  Graph graph() {
    return graph;
  }

  Map<String, Tensor> inputs() {
    return builder.inputs();
  }

  int rowsOfBand() {
    return rowsOfBand;
  }

  /**
   * Compares with the reference. The bound of docs/numerics.md for each layer, errors of one
   * passing through the absolute weights of the next: M is the result for absolute values, no
   * activation and one more in every bias, which no activation here exceeds but by its slope of
   * 1.5.
   */
  void requireClose(Map<String, float[]> values) {
    Map<String, Tensor> want = Interpreter.run(graph, inputs());
    Map<String, Tensor> magnitude = Interpreter.run(absolute(graph), absolute(inputs()));
    double relative = 0;
    double slopes = 1;
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Conv) {
        relative +=
            4 * 0x1p-24 * Math.sqrt(node.input(1).shape().product(1, 4) + 2.0) + 16 * 0x1p-24;
        slopes *= 1.5;
      }
    }
    for (Map.Entry<String, float[]> output : values.entrySet()) {
      float[] expected = want.get(output.getKey()).toFloats();
      float[] m = magnitude.get(output.getKey()).toFloats();
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) output.getValue()[i])
            .as("%s[%d] of %s", output.getKey(), i, this)
            .isCloseTo(
                expected[i], org.assertj.core.data.Offset.offset(relative * slopes * (m[i] + 1)));
      }
    }
  }

  private static Graph absolute(Graph graph) {
    Map<Value, Tensor> constants = new LinkedHashMap<>();
    graph.constants().forEach((v, t) -> constants.put(v, absolute(t, v.shape().rank() == 1)));
    List<Node> nodes = new ArrayList<>();
    for (Node n : graph.nodes()) {
      Op op =
          n.op() instanceof Op.Conv c
              ? new Op.Conv(c.window(), c.groups(), c.epilogue().withActivation(Activation.none()))
              : n.op();
      nodes.add(new Node(n.name(), op, n.inputs(), n.outputs()));
    }
    return new Graph(graph.inputs(), nodes, graph.outputs(), constants);
  }

  private static Map<String, Tensor> absolute(Map<String, Tensor> inputs) {
    Map<String, Tensor> all = new HashMap<>();
    inputs.forEach((name, t) -> all.put(name, absolute(t, false)));
    return all;
  }

  private static Tensor absolute(Tensor tensor, boolean andOne) {
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.abs(values[i]) + (andOne ? 1 : 0);
    }
    return Tensor.of(tensor.shape(), values);
  }

  @Override
  public String toString() {
    return "seed " + seed + ", bands of " + rowsOfBand + ": " + graph.nodes();
  }

  /** Grows a graph of convolutions with random weights. */
  static final class Builder {
    private static final List<Activation> ACTIVATIONS =
        List.of(
            Activation.none(),
            Activation.relu(),
            new Activation.Clip(0, 6),
            new Activation.LeakyRelu(0.1f),
            new Activation.Sigmoid(),
            new Activation.HardSigmoid(0.2f, 0.5f),
            new Activation.Silu(),
            new Activation.HardSwish(),
            new Activation.Gelu(),
            new Activation.Tanh());

    private final GraphBuilder graph = new GraphBuilder(Operators::evaluate);
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Random random;
    private final @Nullable Activation activation;
    private final Map<String, Value> others = new LinkedHashMap<>();

    Builder(long seed) {
      this(seed, null);
    }

    /**
     * @param activation of all convolutions; null for any
     */
    Builder(long seed, @Nullable Activation activation) {
      this.random = new Random(seed);
      this.activation = activation;
    }

    Value input(String name, int batch, int height, int width, int channels) {
      Shape shape = Shape.of(batch, height, width, channels);
      inputs.put(name, gaussian(shape, 1));
      return graph.input(name, TensorType.floats(shape));
    }

    Map<String, Tensor> inputs() {
      return inputs;
    }

    Value conv(
        Value src,
        int channels,
        int side,
        int stride,
        int pad,
        boolean depthwise,
        @Nullable Value residual) {
      boolean bias = random.nextBoolean();
      Activation a =
          activation == null ? ACTIVATIONS.get(random.nextInt(ACTIVATIONS.size())) : activation;
      int perGroup = depthwise ? 1 : src.shape().dim(3);
      Shape filter = Shape.of(channels, perGroup, side, side);
      List<Value> in = new ArrayList<>(List.of(src));
      in.add(
          graph.constant("filter", gaussian(filter, 1 / Math.sqrt((double) filter.product(1, 4)))));
      if (bias) {
        in.add(graph.constant("bias", gaussian(Shape.of(channels), 1)));
      }
      if (residual != null) {
        in.add(residual);
      }
      Op op =
          new Op.Conv(
              window(side, stride, pad),
              depthwise ? channels : 1,
              new Epilogue(bias, residual != null, a));
      return graph.addAll("conv", op, in).getFirst();
    }

    private static Op.Window window(int side, int stride, int pad) {
      return new Op.Window(
          new Size(side, side),
          new Size(stride, stride),
          new Size(1, 1),
          new Padding(pad, pad, pad, pad));
    }

    Shape shapeAfter(Value src, int channels, int side, int stride, int pad) {
      Shape s = src.shape();
      int height = (s.dim(1) + 2 * pad - side) / stride + 1;
      int width = (s.dim(2) + 2 * pad - side) / stride + 1;
      return Shape.of(s.dim(0), height, width, channels);
    }

    Value columns(Value from, int first, int count) {
      Shape s = from.shape();
      return graph.add(
          "slice",
          new Op.Slice(
              List.of(0, 0, 0, first),
              List.of(1, 1, 1, 1),
              Shape.of(s.dim(0), s.dim(1), s.dim(2), count)),
          from);
    }

    Value beside(Value a, Value b) {
      return graph.add("concat", new Op.Concat(3), a, b);
    }

    void alsoOutput(String name, Value value) {
      others.put(name, value);
    }

    Graph build(Value... outputs) {
      Map<String, Value> all = new LinkedHashMap<>(others);
      for (int i = 0; i < outputs.length; i++) {
        all.put("y" + i, outputs[i]);
      }
      all.forEach(graph::output);
      Graph built = graph.build();
      return new Graph(built.inputs(), built.nodes(), all, built.constants());
    }

    private Tensor gaussian(Shape shape, double scale) {
      float[] values = new float[Math.toIntExact(shape.elements())];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (random.nextGaussian() * scale);
      }
      return Tensor.of(shape, values);
    }
  }
}
