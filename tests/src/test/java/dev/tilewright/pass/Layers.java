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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A few layers over one image, and what passes leave of them. */
abstract class Layers {
  static final Shape IMAGE = Shape.of(2, 7, 9, 4);

  final GraphBuilder builder = new GraphBuilder(Operators::evaluate);
  private final Random random = new Random(5);
  final Value x = builder.input("x", TensorType.floats(IMAGE));

  Tensor tensor(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(shape, values);
  }

  Value conv(Value src, int k, int size, int stride, int pad, int groups, boolean bias) {
    return conv(src, k, size, size, stride, new Padding(pad, pad, pad, pad), groups, bias);
  }

  Value conv(
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

  Value conv(Value src, Tensor filter, int pad) {
    Size one = new Size(1, 1);
    Size taps = new Size(filter.shape().dim(2), filter.shape().dim(3));
    Op.Window window = new Op.Window(taps, one, one, new Padding(pad, pad, pad, pad));
    Value weights = builder.constant("w", filter);
    return builder.add("conv", new Op.Conv(window, 1, Epilogue.NONE), src, weights);
  }

  Value reshape(Value src, Integer... dims) {
    return builder.add("reshape", new Op.Reshape(Shape.of(dims)), src);
  }

  Value transpose(Value src, Integer... perm) {
    return builder.add("transpose", new Op.Transpose(List.of(perm)), src);
  }

  Value concat(Value... parts) {
    return builder.addAll("concat", new Op.Concat(3), Arrays.asList(parts)).getFirst();
  }

  Value average(Value src, int stride, boolean countPad) {
    Op.Window window =
        new Op.Window(
            new Size(3, 3), new Size(stride, stride), new Size(1, 1), new Padding(1, 1, 1, 1));
    Size out =
        new Size((src.shape().dim(1) - 1) / stride + 1, (src.shape().dim(2) - 1) / stride + 1);
    return builder.add("pool", new Op.Pool(Op.PoolKind.AVERAGE, window, out, countPad), src);
  }

  Value add(Value a, Value b) {
    return builder.add("sum", new Op.Binary(BinaryFunction.ADD), a, b);
  }

  Value affine(Value src) {
    int c = src.shape().last();
    Value scale = builder.constant("s", tensor(Shape.of(c)));
    Value scaled = builder.add("scale", new Op.Binary(BinaryFunction.MUL), src, scale);
    return add2(scaled, builder.constant("t", tensor(Shape.of(c))));
  }

  Value add2(Value a, Value constant) {
    return builder.add("shift", new Op.Binary(BinaryFunction.ADD), a, constant);
  }

  Value pad(Value src, int by) {
    List<Integer> amounts = List.of(0, by, by, 0);
    return builder.add("pad", new Op.Pad(Op.PadMode.CONSTANT, amounts, amounts, 0), src);
  }

  /** The nodes that the passes leave; the outputs must be what they were. */
  List<Op> after(Value output, Pass... passes) {
    builder.output("y", output);
    Graph before = builder.build();
    Graph graph = before;
    for (Pass pass : passes) {
      graph = Rewriter.apply(pass, graph, Operators::evaluate);
    }
    assertThat(graph.macs()).isLessThanOrEqualTo(before.macs());
    Map<String, Tensor> inputs = Map.of("x", tensor(IMAGE));
    float[] want = Interpreter.run(before, inputs).get("y").toFloats();
    float[] got = Interpreter.run(graph, inputs).get("y").toFloats();
    assertThat(got).containsExactly(want, org.assertj.core.data.Offset.offset(1e-5f));
    return graph.nodes().stream().map(n -> n.op()).toList();
  }
}
