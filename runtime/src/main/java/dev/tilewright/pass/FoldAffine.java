package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A convolution followed by a scale or shift per output channel is a convolution with other
 * weights: filter' = filter * scale, bias' = bias * scale + shift. Batch normalisation, which the
 * importer writes as a scale and a shift, disappears this way, and so does the bias that some
 * exporters put in a node of its own. Transposed convolutions and layer normalisation likewise, and
 * sums and averages over pixels of such layers.
 */
final class FoldAffine implements Pass {
  /** Layers of a sum that are looked at: long ones must not take the square of their length. */
  private static final int MOST_LAYERS = 256;

  private int layers;

  /** What constant weights of layers were before their arithmetic went into them. */
  private final Map<Value, Scaled> known = new HashMap<>(); // by the layer's output

  /** One step of arithmetic, with a constant of one value or of one per channel. */
  private record Step(BinaryFunction function, Tensor constant) {}

  /**
   * Constant weights and the arithmetic on them: worked out in double and rounded once, whatever
   * the number of steps.
   *
   * @param filter each channel of which is multiplied, not shifted
   * @param bias to be multiplied and shifted, or null for 0
   */
  private record Scaled(Tensor filter, @Nullable Tensor bias, List<Step> steps) {
    Scaled then(Step step) {
      return new Scaled(filter, bias, Stream.concat(steps.stream(), Stream.of(step)).toList());
    }

    boolean hasBias() {
      return bias != null || !steps.stream().allMatch(step -> scales(step.function));
    }

    List<BinaryFunction> functions() {
      return steps.stream().map(Step::function).toList();
    }

    /** The filter, if any, and what is applied to it. */
    List<Tensor> tensors(@Nullable Tensor first) {
      return Stream.concat(Stream.ofNullable(first), steps.stream().map(Step::constant)).toList();
    }
  }

  @Override
  public boolean looksFor(Op op) {
    return canTakeAffine(op);
  }

  @Override
  public void rewrite(Rewriter.At at) {
    if (!(at.op() instanceof Op.Binary(BinaryFunction function)) || !fold(at, function)) {
      at.keep();
    }
  }

  private boolean fold(Rewriter.At at, BinaryFunction function) {
    int side = at.constant(at.in(1)) != null ? 0 : 1;
    boolean commutes = function == BinaryFunction.ADD || function == BinaryFunction.MUL;
    if (!(commutes || (side == 0 && (scales(function) || function == BinaryFunction.SUB)))) {
      return false; // c - x and c / x are no scale or shift of x
    }
    layers = 0;
    Value x = at.in(side);
    Value folded =
        at.node().output().shape().equals(x.shape()) && x.shape().rank() > 0
            ? into(at, x, function, at.in(1 - side))
            : null;
    if (folded == null) {
      return false;
    }
    at.replace(folded);
    return true;
  }

  /** The value with the arithmetic in the layer that makes it, or in those whose sum it is. */
  private @Nullable Value into(Rewriter.At at, Value x, BinaryFunction function, Value constant) {
    if (++layers > MOST_LAYERS) {
      return null;
    }
    Node node = at.soleProducer(x);
    if (node != null && averages(node, function)) {
      Value folded = into(at, node.input(0), function, constant);
      return folded == null ? null : at.emit(node.op(), folded);
    }
    if (node != null
        && node.op() instanceof Op.Binary(BinaryFunction f)
        && f == BinaryFunction.ADD
        && node.input(0).shape().equals(node.input(1).shape())) {
      Value a = into(at, node.input(0), function, constant);
      if (scales(function)) {
        Value b = a == null ? null : into(at, node.input(1), function, constant);
        return a == null || b == null ? null : at.emit(node.op(), a, b);
      }
      if (a != null) {
        return at.emit(node.op(), a, node.input(1));
      }
      Value b = into(at, node.input(1), function, constant);
      return b == null ? null : at.emit(node.op(), node.input(0), b);
    }
    return intoLayer(at, x, function, constant);
  }

  /**
   * Whether the arithmetic may as well come before the node: the mean of some pixels, each channel
   * for itself, scales with them, and shifts with them if its weights sum to 1.
   */
  private static boolean averages(Node node, BinaryFunction function) {
    return switch (node.op()) {
      case Op.Reduce r ->
          r.kind() == Op.ReduceKind.MEAN && !r.axes().contains(node.input(0).shape().rank() - 1);
      case Op.Pool p ->
          p.kind() == Op.PoolKind.AVERAGE
              && (scales(function)
                  || !p.countPad()
                  || p.window().pad().equals(new Padding(0, 0, 0, 0)));
      default -> false;
    };
  }

  private @Nullable Value intoLayer(
      Rewriter.At at, Value x, BinaryFunction function, Value constant) {
    // What a Reshape puts between a matrix product and its bias keeps the channels last.
    Node conv = at.soleProducer(x);
    Node reshape = null;
    if (conv != null && conv.op() instanceof Op.Reshape) {
      reshape = conv;
      conv = at.soleProducer(reshape.input(0));
    }
    if (conv == null
        || !canTakeAffine(conv.op())
        || (at.constant(conv.input(1)) == null && isDearer(conv))
        || x.shape().last() != conv.output().shape().last()) {
      return null;
    }
    Value vector = perChannel(at, constant, x.shape());
    if (vector == null) {
      return null;
    }
    Value folded = intoKnown(at, conv, function, constant);
    if (folded == null) {
      folded =
          scales(function) ? scale(at, conv, function, vector) : shift(at, conv, function, vector);
    }
    return reshape == null ? folded : at.emit(reshape.op(), folded);
  }

  private static boolean scales(BinaryFunction function) {
    return function == BinaryFunction.MUL || function == BinaryFunction.DIV;
  }

  /** Into weights that are known; null if they are not. */
  private @Nullable Value intoKnown(
      Rewriter.At at, Node conv, BinaryFunction function, Value constant) {
    Tensor filter = at.constant(conv.input(1));
    Value biasValue = bias(conv);
    Tensor bias = biasValue == null ? null : at.constant(biasValue);
    Tensor by = at.constant(constant);
    if (filter == null || by == null || (biasValue != null && bias == null)) {
      return null;
    }
    Scaled before = known.getOrDefault(conv.output(), new Scaled(filter, bias, List.of()));
    Scaled after = before.then(new Step(function, by));
    int axis = conv.op() instanceof Op.ConvTranspose ? 1 : 0; // that of the output channels
    int channels = conv.output().shape().last();
    Value scaled = conv.input(1);
    if (scales(function)) {
      Tensor from = after.filter;
      int inner = Math.toIntExact(from.shape().product(axis + 1, from.shape().rank()));
      scaled =
          at.derive(
              List.of("scaled", axis, after.functions()),
              after.tensors(from),
              arena ->
                  ChannelArithmetic.scaled(from, factors(after.steps, channels), inner, arena));
    }
    Value shifted =
        after.hasBias()
            ? at.derive(
                List.of("shifted", channels, after.bias == null, after.functions()),
                after.tensors(after.bias),
                arena -> Tensor.of(Shape.of(channels), shifted(after, channels)))
            : null;
    Value folded = emit(at, conv, scaled, shifted);
    known.put(folded, after);
    return folded;
  }

  private static double[] factors(List<Step> steps, int channels) {
    double[] factors = new double[channels];
    Arrays.fill(factors, 1);
    steps.stream().filter(step -> scales(step.function)).forEach(step -> apply(step, factors));
    return factors;
  }

  private static float[] shifted(Scaled of, int channels) {
    double[] bias = of.bias == null ? new double[channels] : LinearArithmetic.doubles(of.bias);
    of.steps.forEach(step -> apply(step, bias));
    return LinearArithmetic.floats(bias);
  }

  private static void apply(Step step, double[] values) {
    float[] by = step.constant.toFloats();
    for (int k = 0; k < values.length; k++) {
      double v = by[by.length == 1 ? 0 : k];
      values[k] =
          switch (step.function) {
            case MUL -> values[k] * v;
            case DIV -> values[k] / v;
            case ADD -> values[k] + v;
            case SUB -> values[k] - v;
            default -> throw new IllegalStateException(step.toString());
          };
    }
  }

  /** Whether to change weights that are computed in every run is more work than the result. */
  private static boolean isDearer(Node conv) {
    return conv.input(1).shape().elements() > conv.output().shape().elements();
  }

  private static boolean canTakeAffine(Op op) {
    return switch (op) {
      case Op.Conv(Op.Window w, int g, Epilogue e) ->
          !e.residual() && e.activation() instanceof Activation.None;
      case Op.ConvTranspose t -> t.groups() == 1;
      case Op.LayerNorm n -> true;
      default -> false;
    };
  }

  private static Value scale(Rewriter.At at, Node conv, BinaryFunction function, Value vector) {
    int k = vector.shape().dim(0);
    // The output channels are the first axis of a filter, the second of a transposed one.
    Shape alongFilter =
        switch (conv.op()) {
          case Op.Conv c -> Shape.of(k, 1, 1, 1);
          case Op.LayerNorm n -> Shape.of(k);
          default -> Shape.of(1, k, 1, 1);
        };
    Value factors = at.emit(new Op.Reshape(alongFilter), vector);
    Value filter = at.emit(new Op.Binary(function), conv.input(1), factors);
    Value bias = bias(conv);
    return emit(
        at, conv, filter, bias == null ? null : at.emit(new Op.Binary(function), bias, vector));
  }

  private static Value shift(Rewriter.At at, Node conv, BinaryFunction function, Value vector) {
    Value bias = bias(conv);
    if (bias != null) {
      bias = at.emit(new Op.Binary(function), bias, vector);
    } else if (function == BinaryFunction.ADD) {
      bias = vector;
    } else {
      bias = at.emit(new Op.Unary(Op.UnaryFunction.NEG), vector);
    }
    return emit(at, conv, conv.input(1), bias);
  }

  private static @Nullable Value bias(Node conv) {
    return conv.inputs().size() > 2 ? conv.input(2) : null;
  }

  private static Value emit(Rewriter.At at, Node node, Value filter, @Nullable Value bias) {
    List<Value> in = new ArrayList<>(List.of(node.input(0), filter));
    if (bias != null) {
      in.add(bias);
    }
    Op op =
        switch (node.op()) {
          case Op.Conv c ->
              new Op.Conv(
                  c.window(), c.groups(), new Epilogue(bias != null, false, Activation.none()));
          case Op.ConvTranspose t ->
              new Op.ConvTranspose(t.window(), t.groups(), t.extra(), bias != null);
          case Op.LayerNorm n -> n;
          default -> throw new IllegalStateException(node.toString());
        };
    return at.emit(node.name(), op, in);
  }

  /** The constant as a vector of one value per channel of a tensor of this shape, or null. */
  private static @Nullable Value perChannel(Rewriter.At at, Value constant, Shape shape) {
    Tensor tensor = at.constant(constant);
    if (tensor == null || tensor.dtype() != DType.FLOAT32) {
      return null;
    }
    int channels = shape.last();
    long elements = tensor.shape().elements();
    if (elements == 1) {
      Value one = at.emit(new Op.Reshape(Shape.of(1)), constant);
      return at.emit(new Op.Expand(Shape.of(channels)), one);
    }
    boolean vector = elements == channels && tensor.shape().last() == channels;
    return vector ? at.emit(new Op.Reshape(Shape.of(channels)), constant) : null;
  }
}
