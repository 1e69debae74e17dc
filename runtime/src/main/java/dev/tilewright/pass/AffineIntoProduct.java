package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A scale and a shift of the left side of a matrix product, known and the same for all its rows, go
 * into the right side and behind the product: (x * s + t) W = x (s W) + t W. Reshapes and
 * transposes may lie between, so that a normalisation of channels goes into the layer that is fully
 * connected to the flattened image.
 */
final class AffineIntoProduct implements Pass {
  /** Nodes before a product that are looked at. */
  private static final int MOST = 64;

  /** What makes numbers per column of a constant: it is expanded to a shape, then moved. */
  private record Recipe(BinaryFunction function, Shape shape, List<Op> moves) {}

  /** One step of the arithmetic, with a number per column of the left side. */
  private record Step(Recipe recipe, Tensor known, float[] columns) {}

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.MatMul;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Tensor weights = at.op() instanceof Op.MatMul ? at.constant(at.in(1)) : null;
    if (weights == null || weights.shape().rank() != 2 || weights.shape().elements() == 0) {
      at.keep();
      return;
    }
    List<Op> moves = new ArrayList<>();
    List<Op> kept = List.of();
    List<Step> steps = new ArrayList<>();
    Value x = at.in(0);
    Value from = x;
    while (moves.size() + steps.size() < MOST && at.soleProducer(x) instanceof Node node) {
      if (node.op() instanceof Op.Reshape || node.op() instanceof Op.Transpose) {
        moves.addFirst(node.op());
        x = node.input(0);
        continue;
      }
      if (!(node.op() instanceof Op.Binary(BinaryFunction f))) {
        break;
      }
      int side = at.constant(node.input(1)) != null ? 0 : 1;
      Tensor known = at.constant(node.input(1 - side));
      float[] columns = columns(at, node, f, side, moves);
      if (columns == null || known == null) {
        break;
      }
      Recipe recipe = new Recipe(f, node.output().shape(), List.copyOf(moves));
      steps.add(new Step(recipe, known, columns));
      x = node.input(side);
      from = x;
      kept = List.copyOf(moves);
    }
    if (steps.isEmpty()) {
      at.keep();
    } else {
      at.replace(product(at, from, kept, steps, weights));
    }
  }

  /** The known side as a number per column of the product's left side; null if rows differ. */
  private static float @Nullable [] columns(
      Rewriter.At at, Node node, BinaryFunction f, int side, List<Op> moves) {
    boolean commutes = f == BinaryFunction.ADD || f == BinaryFunction.MUL;
    boolean fits = commutes || (side == 0 && (f == BinaryFunction.SUB || f == BinaryFunction.DIV));
    Value known = node.input(1 - side);
    Shape shape = node.output().shape();
    if (!fits
        || at.constant(known) == null
        || known.type().dtype() != DType.FLOAT32
        || !node.input(side).shape().equals(shape)) {
      return null;
    }
    Value moved = at.emit(new Op.Expand(shape), known);
    for (Op move : moves) {
      moved = at.emit(move, moved);
    }
    Tensor all = at.constant(moved); // null if too large to be worked out
    if (all == null) {
      return null;
    }
    float[] values = all.toFloats();
    int size = moved.shape().last();
    for (int i = size; i < values.length; i++) {
      if (values[i] != values[i - size]) {
        return null;
      }
    }
    return Arrays.copyOf(values, size);
  }

  private static Value product(
      Rewriter.At at, Value x, List<Op> moves, List<Step> steps, Tensor weights) {
    int c = weights.shape().dim(0);
    int k = weights.shape().dim(1);
    double[] w = LinearArithmetic.doubles(weights);
    double[] shift = new double[k];
    boolean shifted = false;
    for (Step step : steps) { // the last of them first
      BinaryFunction f = step.recipe.function;
      boolean scales = f == BinaryFunction.MUL || f == BinaryFunction.DIV;
      shifted |= !scales;
      for (int i = 0; i < c * k; i++) {
        double v = step.columns[i / k];
        if (!scales) {
          shift[i % k] += (f == BinaryFunction.ADD ? v : -v) * w[i];
        } else {
          w[i] = f == BinaryFunction.MUL ? w[i] * v : w[i] / v;
        }
      }
    }
    Value left = x;
    for (Op move : moves) {
      left = at.emit(move, left);
    }
    List<Recipe> recipe = steps.stream().map(Step::recipe).toList();
    List<Tensor> from = new ArrayList<>(List.of(weights));
    steps.forEach(step -> from.add(step.known));
    Value right =
        at.derive(
            List.of("scaled", recipe),
            from,
            arena -> Tensor.of(weights.shape(), LinearArithmetic.floats(w)));
    Value product = at.emit(new Op.MatMul(), left, right);
    if (!shifted) {
      return product;
    }
    Value term =
        at.derive(
            List.of("shift", recipe),
            from,
            arena -> Tensor.of(Shape.of(k), LinearArithmetic.floats(shift)));
    return at.emit(new Op.Binary(BinaryFunction.ADD), product, term);
  }
}
