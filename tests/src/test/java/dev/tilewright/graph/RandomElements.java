package dev.tilewright.graph;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Random arithmetic, element by element, that leads to one result: tensors of any rank, operands
 * that broadcast in any way, values read more than once, comparisons and masks, 8-bit values,
 * sources that are slices and results that are concatenated.
 */
public final class RandomElements {
  private static final List<Activation> ACTIVATIONS =
      List.of(
          Activation.relu(),
          new Activation.Clip(-1, 1),
          new Activation.LeakyRelu(0.1f),
          new Activation.Sigmoid(),
          new Activation.HardSwish());

  private static final List<BinaryFunction> ARITHMETIC =
      List.of(
          BinaryFunction.ADD,
          BinaryFunction.SUB,
          BinaryFunction.MUL,
          BinaryFunction.MIN,
          BinaryFunction.MAX);

  private static final List<BinaryFunction> COMPARISONS =
      List.of(BinaryFunction.LESS, BinaryFunction.GREATER, BinaryFunction.EQUAL);

  private final long seed;
  private final Random random;
  private final GraphBuilder builder = new GraphBuilder(Operators::evaluate);
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final Shape shape;
  private final Graph graph;

  /** The graph of a seed. */
  public RandomElements(long seed) {
    this.seed = seed;
    random = new Random(seed);
    List<Integer> dims = new ArrayList<>();
    int rank = 1 + random.nextInt(4);
    for (int i = 0; i < rank - 1; i++) {
      dims.add(1 + random.nextInt(6));
    }
    dims.add(random.nextInt(4) > 0 ? 16 + random.nextInt(90) : 1 + random.nextInt(20));
    shape = new Shape(dims);
    List<Value> made = new ArrayList<>();
    made.add(source());
    int nodes = 2 + random.nextInt(6);
    for (int i = 0; i < nodes; i++) {
      made.add(next(made));
    }
    Value y = made.getLast();
    if (random.nextInt(4) == 0) {
      y = builder.add("beside", new Op.Concat(rank - 1), input(shape), y);
    }
    builder.output("y", y);
    if (random.nextInt(4) == 0) {
      builder.output("also", made.get(1 + random.nextInt(nodes)));
    }
    graph = builder.build();
  }

  public Graph graph() {
    return graph;
  }

  public Map<String, Tensor> inputs() {
    return inputs;
  }

  private Value source() {
    if (random.nextInt(3) != 0) {
      return input(shape);
    }
    List<Integer> wide = new ArrayList<>(shape.dims());
    wide.set(shape.rank() - 1, shape.last() + 3);
    List<Integer> starts = new ArrayList<>(shape.dims().stream().map(d -> 0).toList());
    starts.set(shape.rank() - 1, 2);
    List<Integer> ones = shape.dims().stream().map(d -> 1).toList();
    return builder.add("slice", new Op.Slice(starts, ones, shape), input(new Shape(wide)));
  }

  private Value next(List<Value> made) {
    Value x = random.nextInt(3) == 0 ? made.get(random.nextInt(made.size())) : made.getLast();
    return switch (random.nextInt(8)) {
      case 0, 1 -> {
        Activation activation = ACTIVATIONS.get(random.nextInt(ACTIVATIONS.size()));
        yield builder.add("activate", new Op.Activate(activation), x);
      }
      case 2 -> builder.add("unary", new Op.Unary(unary()), x);
      case 3 -> { // x where it is above y, as a mask of numbers
        Value mask = builder.add("compare", comparison(), x, other(made));
        Value not = builder.add("not", new Op.Unary(UnaryFunction.NOT), mask);
        Value numbers = builder.add("cast", new Op.Cast(DType.FLOAT32), not);
        yield builder.add("masked", new Op.Binary(BinaryFunction.MUL), x, numbers);
      }
      case 4 ->
          builder.add(
              "where",
              new Op.Where(),
              builder.add("compare", comparison(), x, other(made)),
              x,
              other(made));
      case 5 -> {
        Value scale = builder.constant("scale", Tensor.of(Shape.SCALAR, 0.03f));
        Value zero = builder.add("zero", new Op.Cast(DType.UINT8), scale);
        Value q = builder.add("quantize", new Op.Quantize(DType.UINT8), x, scale, zero);
        yield builder.add("dequantize", new Op.Dequantize(), q, scale, zero);
      }
      default -> {
        Op op = new Op.Binary(ARITHMETIC.get(random.nextInt(ARITHMETIC.size())));
        Value y = other(made);
        yield random.nextInt(3) == 0 ? builder.add("binary", op, y, x) : builder.add("b", op, x, y);
      }
    };
  }

  private Op comparison() {
    return new Op.Binary(COMPARISONS.get(random.nextInt(COMPARISONS.size())));
  }

  private UnaryFunction unary() {
    return List.of(UnaryFunction.NEG, UnaryFunction.ABS, UnaryFunction.SQRT, UnaryFunction.FLOOR)
        .get(random.nextInt(4));
  }

  /** A value that was made, or an input that broadcasts to the shape. */
  private Value other(List<Value> made) {
    if (random.nextBoolean()) {
      return made.get(random.nextInt(made.size()));
    }
    int from = random.nextInt(shape.rank() + 1);
    List<Integer> dims = new ArrayList<>();
    for (int dim : shape.dims().subList(from, shape.rank())) {
      dims.add(random.nextInt(3) == 0 ? 1 : dim);
    }
    return input(new Shape(dims));
  }

  private Value input(Shape of) {
    String name = "x" + inputs.size();
    float[] values = new float[Math.toIntExact(of.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    inputs.put(name, Tensor.of(of, values));
    return builder.input(name, TensorType.floats(of));
  }

  @Override
  public String toString() {
    return "seed " + seed + ": " + graph.nodes();
  }
}
