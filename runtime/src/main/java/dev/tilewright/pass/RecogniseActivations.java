package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import org.jspecify.annotations.Nullable;

/**
 * Activations that exporters write as several nodes become one again:
 *
 * <ul>
 *   <li>x * sigmoid(x) is SiLU
 *   <li>clip(x + b, 0, m) / m, and times 1 / m, is a hard sigmoid
 *   <li>x * hardsigmoid(x, 1/6, 1/2) is hard swish, also with the division by 6 last
 * </ul>
 */
final class RecogniseActivations implements Pass {
  @Override
  public void rewrite(Rewriter.At at) {
    Value found = null;
    if (at.op() instanceof Op.Binary(BinaryFunction f)) {
      if (f == BinaryFunction.MUL) {
        found = gated(at, 0);
        found = found == null ? gated(at, 1) : found;
      }
      if (found == null && (f == BinaryFunction.MUL || f == BinaryFunction.DIV)) {
        found = scaled(at, f);
      }
    }
    if (found == null) {
      at.keep();
    } else {
      at.replace(found);
    }
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

  private static boolean near(double a, double b) {
    return Math.abs(a - b) <= 1e-5 * Math.abs(b);
  }
}
