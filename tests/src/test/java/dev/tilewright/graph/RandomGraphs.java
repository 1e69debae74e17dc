package dev.tilewright.graph;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Seeded graphs of the operators that decide how values share memory and move past transposes:
 * convolutions, elementwise, concatenation, slices, reshapes, transposes, in the odd combinations
 * that no model has and every rewrite must survive.
 */
public final class RandomGraphs {
  private final Random random;
  private final GraphBuilder builder = new GraphBuilder(Operators::evaluate);
  private final List<Value> values = new ArrayList<>();
  private final List<Value> dense = new ArrayList<>();
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();

  private RandomGraphs(long seed) {
    random = new Random(seed);
  }

  /** A graph, and values for its inputs. */
  public record Case(Graph graph, Map<String, Tensor> inputs) {}

  public static Case of(long seed) {
    RandomGraphs g = new RandomGraphs(seed);
    int images = 1 + g.random.nextInt(2);
    for (int i = 0; i < images; i++) {
      Shape shape =
          Shape.of(
              1 + g.random.nextInt(2),
              2 + g.random.nextInt(4),
              2 + g.random.nextInt(4),
              g.channels());
      g.values.add(g.builder.input("x" + i, TensorType.floats(shape)));
      g.inputs.put("x" + i, g.tensor(shape));
    }
    int nodes = 3 + g.random.nextInt(12);
    while (g.values.size() < images + nodes) {
      g.grow();
    }
    List<Value> made = g.values.subList(images, g.values.size());
    g.builder.output("last", made.getLast());
    if (g.random.nextBoolean()) {
      g.builder.output("other", made.get(g.random.nextInt(made.size())));
    }
    return new Case(g.builder.build(), g.inputs);
  }

  private void grow() {
    Value x = values.get(values.size() - 1 - random.nextInt(Math.min(4, values.size())));
    int rank = x.shape().rank();
    String name = "n" + values.size();
    switch (random.nextInt(23)) {
      case 0, 1 -> {
        if (rank == 4) {
          values.add(conv(name, x, channels()));
        }
      }
      case 2 -> add(name, new Op.Activate(Activation.relu()), x);
      case 3 -> add(name, new Op.Unary(Op.UnaryFunction.NEG), x);
      case 4 -> {
        for (Value y : values.reversed()) {
          if (y.shape().equals(x.shape()) && !y.equals(x)) {
            add(name, new Op.Binary(Op.BinaryFunction.ADD), x, y);
            break;
          }
        }
      }
      case 5, 6 -> {
        int axis = random.nextInt(rank);
        List<Value> parts = new ArrayList<>(List.of(x));
        for (Value y : values.reversed()) {
          if (parts.size() < 4 && matches(x.shape(), y.shape(), axis) && random.nextBoolean()) {
            parts.add(random.nextInt(parts.size() + 1), y);
          }
        }
        if (x.shape().elements() < 4000) {
          values.addAll(builder.addAll(name, new Op.Concat(axis), parts));
        }
      }
      case 7 -> add(name, slice(x.shape()), x);
      case 8 -> add(name, new Op.Reshape(reshaped(x.shape())), x);
      case 9 -> {
        List<Integer> perm = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
        java.util.Collections.shuffle(perm, random);
        if (rank == 4 && random.nextBoolean()) {
          perm = random.nextBoolean() ? List.of(0, 3, 1, 2) : List.of(0, 2, 3, 1);
        }
        add(name, new Op.Transpose(perm), x);
      }
      case 10 -> {
        Value scale = constant(name + "_s", x.shape().last());
        Value shift = constant(name + "_b", x.shape().last());
        Value scaled = builder.add(name + "_m", new Op.Binary(Op.BinaryFunction.MUL), x, scale);
        add(name, new Op.Binary(Op.BinaryFunction.ADD), scaled, shift);
      }
      case 11 -> values.add(Decomposed.gelu(builder, x));
      case 12 -> values.add(Decomposed.layerNorm(builder, x, 1e-2f));
      case 13 -> {
        if (rank > 1) {
          int axis = random.nextInt(rank);
          long size = x.shape().dim(axis);
          long index = random.nextLong(-size, size);
          Value one = builder.constant(name + "_i", Tensor.of(Shape.SCALAR, index));
          add(name, new Op.Gather(axis), x, one);
        }
      }
      case 14 -> {
        // As densely connected networks do: what was concatenated before, and one more.
        if (dense.isEmpty() || !matches(dense.getFirst().shape(), x.shape(), rank - 1)) {
          dense.clear();
        }
        dense.add(x);
        if (dense.stream().mapToLong(v -> v.shape().elements()).sum() < 4000) {
          values.addAll(builder.addAll(name, new Op.Concat(rank - 1), dense));
        }
      }
      case 15 -> {
        if (rank == 4) { // branches that are added
          int k = channels();
          add(
              name,
              new Op.Binary(Op.BinaryFunction.ADD),
              conv(name + "_l", x, k),
              conv(name + "_r", x, k));
        }
      }
      case 16 -> {
        if (rank == 4) {
          int stride = 1 + random.nextInt(2);
          Size step = new Size(stride, stride);
          Size taps = new Size(3, 3);
          Op.Window w = new Op.Window(taps, step, new Size(1, 1), new Padding(1, 1, 1, 1));
          int height = (x.shape().dim(1) - 1) / stride + 1;
          int width = (x.shape().dim(2) - 1) / stride + 1;
          Op.PoolKind kind = random.nextBoolean() ? Op.PoolKind.AVERAGE : Op.PoolKind.MAX;
          boolean countPad = kind == Op.PoolKind.AVERAGE && random.nextBoolean();
          add(name, new Op.Pool(kind, w, new Size(height, width), countPad), x);
        }
      }
      case 17 -> {
        if (rank == 4 && x.shape().elements() < 4000) {
          List<Integer> border = List.of(0, random.nextInt(2), random.nextInt(2), 0);
          add(name, new Op.Pad(Op.PadMode.CONSTANT, border, border, 0), x);
        }
      }
      // Odd and of images: ONNX Runtime and its format take no others.
      case 18 -> {
        int size = 1 + 2 * random.nextInt(3);
        Op sum = new Op.CumulativeSum(rank - 1, false, false);
        add(name, rank == 4 ? new Op.LocalNorm(size, 0.5f, 0.75f, 1) : sum, x);
      }
      case 19 -> {
        Op sum = new Op.CumulativeSum(random.nextInt(rank), random.nextBoolean(), true);
        Value in = rank == 4 ? builder.add(name + "_r", new Op.LocalNorm(3, 1, 0.5f, 1), x) : x;
        add(name, sum, in);
      }
      case 20 -> {
        int axis = random.nextInt(rank);
        int k = 1 + random.nextInt(x.shape().dim(axis));
        Op top = new Op.Top(axis, k, random.nextBoolean(), false);
        add(name, new Op.GatherElements(axis), x, builder.add(name + "_t", top, x));
      }
      case 21 -> {
        if (rank == 4) { // squeeze and excitation before a 1x1
          Op mean = new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), true);
          Op gate = new Op.Activate(new Activation.Sigmoid());
          Value s = builder.add(name + "_g", gate, builder.add(name + "_r", mean, x));
          Value scaled = builder.add(name + "_x", new Op.Binary(Op.BinaryFunction.MUL), x, s);
          values.add(conv(name, scaled, channels()));
        }
      }
      default -> {
        Value c = builder.constant(name + "_c", tensor(Shape.of(x.shape().last())));
        add(name, new Op.Binary(Op.BinaryFunction.MUL), x, c);
      }
    }
  }

  private Value constant(String name, int size) {
    return builder.constant(name, tensor(Shape.of(size)));
  }

  private void add(String name, Op op, Value... in) {
    values.add(builder.add(name, op, in));
  }

  private Value conv(String name, Value x, int k) {
    int c = x.shape().last();
    boolean bias = random.nextBoolean();
    int size = random.nextBoolean() ? 1 : 3;
    Size one = new Size(1, 1);
    int pad = size / 2;
    Op.Window window =
        new Op.Window(new Size(size, size), one, one, new Padding(pad, pad, pad, pad));
    List<Value> in = new ArrayList<>(List.of(x));
    in.add(weights(name + "_w", Shape.of(k, c, size, size)));
    if (bias) {
      in.add(weights(name + "_b", Shape.of(k)));
    }
    Op op = new Op.Conv(window, 1, new Epilogue(bias, false, Activation.none()));
    return builder.addAll(name, op, in).getFirst();
  }

  /** Mostly known, sometimes another input. */
  private Value weights(String name, Shape shape) {
    Tensor tensor = tensor(shape);
    if (random.nextInt(6) != 0) {
      return builder.constant(name, tensor);
    }
    inputs.put(name, tensor);
    return builder.input(name, tensor.type());
  }

  private Op slice(Shape shape) {
    List<Integer> starts = new ArrayList<>();
    List<Integer> steps = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    int axis = random.nextInt(shape.rank());
    for (int i = 0; i < shape.rank(); i++) {
      int size = shape.dim(i);
      boolean cut = i == axis || random.nextInt(6) == 0;
      int start = cut ? random.nextInt(size) : 0;
      starts.add(start);
      steps.add(cut && random.nextInt(5) == 0 ? 2 : 1);
      int most = (size - start + steps.getLast() - 1) / steps.getLast();
      sizes.add(cut ? 1 + random.nextInt(most) : size);
    }
    return new Op.Slice(starts, steps, new Shape(sizes));
  }

  /** Merges two neighbouring dimensions, or splits one. */
  private Shape reshaped(Shape shape) {
    List<Integer> dims = new ArrayList<>(shape.dims());
    int axis = random.nextInt(dims.size());
    if (random.nextBoolean() && axis + 1 < dims.size()) {
      dims.set(axis, dims.get(axis) * dims.get(axis + 1));
      dims.subList(axis + 1, axis + 2).clear();
    } else if (dims.size() < 5) {
      int size = dims.get(axis);
      int factor = size % 2 == 0 ? 2 : size % 3 == 0 ? 3 : 1;
      dims.set(axis, size / factor);
      dims.add(axis + random.nextInt(2), factor);
    }
    return new Shape(dims);
  }

  private static boolean matches(Shape a, Shape b, int axis) {
    if (a.rank() != b.rank()) {
      return false;
    }
    for (int i = 0; i < a.rank(); i++) {
      if (i != axis && a.dim(i) != b.dim(i)) {
        return false;
      }
    }
    return true;
  }

  private int channels() {
    return List.of(1, 2, 3, 4, 6, 8).get(random.nextInt(6));
  }

  private Tensor tensor(Shape shape) {
    float[] v = new float[(int) shape.elements()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (random.nextFloat() - 0.5f) * 2;
    }
    return Tensor.of(shape, v);
  }
}
