package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Activations that exporters write as several nodes become one again:
 *
 * <ul>
 *   <li>x * sigmoid(x) is SiLU
 *   <li>clip(x + b, 0, m) / m, and times 1 / m, is a hard sigmoid
 *   <li>x * hardsigmoid(x, 1/6, 1/2) is hard swish, also with the division by 6 last
 *   <li>0.5 * x * (1 + erf(x / sqrt(2))) is GELU, the factors in any order
 * </ul>
 */
final class RecogniseActivations implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Activate
        || (op instanceof Op.Unary(Op.UnaryFunction f) && f == Op.UnaryFunction.ERF);
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Value found = null;
    if (at.op() instanceof Op.Binary(BinaryFunction f)) {
      if (f == BinaryFunction.MUL) {
        found = gated(at, 0);
        found = found == null ? gated(at, 1) : found;
        found = found == null ? gelu(at) : found;
      }
      if (found == null && (f == BinaryFunction.MUL || f == BinaryFunction.DIV)) {
        found = scaled(at, f);
      }
    }
    at.replaceOrKeep(found);
  }

  /** x * g(x), where input {@code side} is x. */
  private static @Nullable Value gated(Rewriter.At at, int side) {
    Value x = at.in(side);
    Node gate = at.producer(at.in(1 - side));
    if (gate == null || !(gate.op() instanceof Op.Activate(Activation g))) {
      return null;
    }
    if (gate.input(0).equals(x)) {
      if (g instanceof Activation.Sigmoid) {
        return at.emit(new Op.Activate(new Activation.Silu()), x);
      }
      if (g instanceof Activation.HardSigmoid(float alpha, float beta)
          && near(alpha, 1 / 6.0)
          && near(beta, 0.5)) {
        return at.emit(new Op.Activate(new Activation.HardSwish()), x);
      }
    }
    return null;
  }

  /** (x * clip(x + 3, 0, 6)) / 6 and clip(a * x + b, 0, m) / m, with / m or * (1 / m). */
  private static @Nullable Value scaled(Rewriter.At at, BinaryFunction f) {
    int side = f == BinaryFunction.MUL && at.scalar(at.in(0)) != null ? 1 : 0;
    Double factor = at.scalar(at.in(1 - side));
    Node node = at.producer(at.in(side));
    if (factor == null || node == null) {
      return null;
    }
    double scale = f == BinaryFunction.MUL ? factor : 1 / factor;
    Value x = shiftedClip(at, node, scale);
    if (x != null) {
      return x;
    }
    if (near(scale, 1 / 6.0)
        && node.op() instanceof Op.Binary(BinaryFunction g)
        && g == BinaryFunction.MUL) {
      for (int i = 0; i < 2; i++) {
        Node clip = at.producer(node.input(i));
        if (clip != null
            && shiftedClip(at, clip, scale) instanceof Value gate
            && at.producer(gate) instanceof Node hard
            && hard.input(0).equals(node.input(1 - i))
            && hard.op() instanceof Op.Activate(Activation a)
            && a instanceof Activation.HardSigmoid(float alpha, float beta)
            && near(alpha, 1 / 6.0)
            && near(beta, 0.5)) {
          return at.emit(new Op.Activate(new Activation.HardSwish()), node.input(1 - i));
        }
      }
    }
    return null;
  }

  /** The hard sigmoid that scale * clip(x + b, 0, 1 / scale) is, or null if it is none. */
  private static @Nullable Value shiftedClip(Rewriter.At at, Node node, double scale) {
    if (!(node.op() instanceof Op.Activate(Activation a))
        || !(a instanceof Activation.Clip(float low, float high))
        || low != 0
        || !near(high * scale, 1)
        || !(at.producer(node.input(0)) instanceof Node sum)
        || !(sum.op() instanceof Op.Binary(BinaryFunction f))
        || f != BinaryFunction.ADD) {
      return null;
    }
    int side = at.scalar(sum.input(0)) != null ? 1 : 0;
    Double shift = at.scalar(sum.input(1 - side));
    if (shift == null || !sum.output().shape().equals(sum.input(side).shape())) {
      return null;
    }
    Activation hard = new Activation.HardSigmoid((float) scale, (float) (shift * scale));
    return at.emit(new Op.Activate(hard), sum.input(side));
  }

  /** The product as its factors; if they are 0.5, x and 1 + erf(x / sqrt(2)), then gelu(x). */
  private static @Nullable Value gelu(Rewriter.At at) {
    List<Value> factors = new ArrayList<>();
    double scale = factors(at, at.in(0), factors) * factors(at, at.in(1), factors);
    if (factors.size() != 2 || !near(scale, 0.5)) {
      return null;
    }
    for (int i = 0; i < 2; i++) {
      Value x = factors.get(i);
      if (x.equals(errorFunctionPlusOne(at, factors.get(1 - i)))
          && x.type().equals(at.node().output().type())) {
        return at.emit(new Op.Activate(new Activation.Gelu()), x);
      }
    }
    return null;
  }

  /** Adds the factors of a product of at most three to the list; the answer is the constant one. */
  private static double factors(Rewriter.At at, Value product, List<Value> factors) {
    Double constant = at.scalar(product);
    if (constant != null) {
      return constant;
    }
    if (at.producer(product) instanceof Node node
        && node.op() instanceof Op.Binary(BinaryFunction f)
        && f == BinaryFunction.MUL) {
      double scale = 1;
      for (Value factor : node.inputs()) {
        Double c = at.scalar(factor);
        scale *= c == null ? 1 : c;
        if (c == null) {
          factors.add(factor);
        }
      }
      return scale;
    }
    factors.add(product);
    return 1;
  }

  /** The x of 1 + erf(x / sqrt(2)), or null. */
  private static @Nullable Value errorFunctionPlusOne(Rewriter.At at, Value value) {
    if (!(at.producer(value) instanceof Node sum)
        || !(sum.op() instanceof Op.Binary(BinaryFunction f))
        || f != BinaryFunction.ADD) {
      return null;
    }
    int side = at.scalar(sum.input(0)) != null ? 1 : 0;
    Double one = at.scalar(sum.input(1 - side));
    if (one == null
        || one != 1
        || !(at.producer(sum.input(side)) instanceof Node erf)
        || !(erf.op() instanceof Op.Unary(Op.UnaryFunction u))
        || u != Op.UnaryFunction.ERF
        || !(at.producer(erf.input(0)) instanceof Node scaled)
        || !(scaled.op() instanceof Op.Binary(BinaryFunction g))) {
      return null;
    }
    side = g == BinaryFunction.MUL && at.scalar(scaled.input(0)) != null ? 1 : 0;
    Double c = at.scalar(scaled.input(1 - side));
    boolean halves =
        c != null
            && (g == BinaryFunction.MUL ? near(c, Math.sqrt(0.5)) : near(c, Math.sqrt(2)))
            && (g == BinaryFunction.MUL || g == BinaryFunction.DIV);
    return halves ? scaled.input(side) : null;
  }

  private static boolean near(double a, double b) {
    return Math.abs(a - b) <= 1e-5 * Math.abs(b);
  }
}
