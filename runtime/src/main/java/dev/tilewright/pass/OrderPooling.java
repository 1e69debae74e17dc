package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.Window;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import org.jspecify.annotations.Nullable;

/**
 * The largest of some values is the largest after an activation that never falls, so the two may
 * change places. A cheap activation goes before the pooling where a convolution is there to take it
 * for nothing; every other one behind it, where there are fewer values.
 */
final class OrderPooling implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Pool;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Value ordered =
        switch (at.op()) {
          case Op.Pool pool when at.soleProducer(0) instanceof Node node -> behind(at, pool, node);
          case Op.Activate(Activation a) when at.soleProducer(0) instanceof Node node ->
              before(at, a, node);
          default -> null;
        };
    at.replaceOrKeep(ordered);
  }

  private static @Nullable Value behind(Rewriter.At at, Op.Pool pool, Node node) {
    boolean moves =
        node.op() instanceof Op.Activate(Activation activation)
            && isMaximum(pool, node.output().shape())
            && at.node().output().shape().elements() < node.output().shape().elements()
            && neverFalls(activation)
            && !(isCheap(activation) && takesActivation(at, node.input(0)));
    return moves ? at.emit(node.op(), at.emit(pool, node.input(0))) : null;
  }

  private static @Nullable Value before(Rewriter.At at, Activation activation, Node node) {
    boolean moves =
        node.op() instanceof Op.Pool pool
            && isMaximum(pool, node.input(0).shape())
            && neverFalls(activation)
            && isCheap(activation)
            && takesActivation(at, node.input(0));
    return moves ? at.emit(node.op(), at.emit(at.op(), node.input(0))) : null;
  }

  private static boolean takesActivation(Rewriter.At at, Value value) {
    return at.soleProducer(value) instanceof Node node
        && switch (node.op()) {
          case Op.Conv conv -> conv.epilogue().activation() instanceof Activation.None;
          case Op.Binary(BinaryFunction f) when f == BinaryFunction.ADD -> // a residual
              node.input(0).shape().equals(node.input(1).shape())
                  && (isPlain(at, node.input(0)) || isPlain(at, node.input(1)));
          default -> false;
        };
  }

  private static boolean isPlain(Rewriter.At at, Value value) {
    return at.soleProducer(value) instanceof Node node
        && node.op() instanceof Op.Conv conv
        && conv.epilogue().activation() instanceof Activation.None
        && !conv.epilogue().residual();
  }

  /** Whether a larger value never becomes a smaller one. */
  private static boolean neverFalls(Activation activation) {
    return switch (activation) {
      case Activation.Clip c -> true;
      case Activation.Sigmoid s -> true;
      case Activation.Tanh t -> true;
      case Activation.LeakyRelu(float slope) -> slope >= 0;
      case Activation.HardSigmoid(float alpha, float beta) -> alpha >= 0;
      case Activation.None n -> false; // nothing to move
      case Activation.Silu s -> false;
      case Activation.HardSwish h -> false;
      case Activation.Gelu g -> false;
    };
  }

  /** Whether a few instructions compute it; an exponential costs more than a walk over memory. */
  private static boolean isCheap(Activation activation) {
    return !(activation instanceof Activation.Sigmoid || activation instanceof Activation.Tanh);
  }

  /** Whether every window has a cell: the maximum of none is -infinity, activation or not. */
  private static boolean isMaximum(Op.Pool pool, Shape image) {
    Window w = pool.window();
    Size out = pool.out();
    Padding pad = w.pad();
    return pool.kind() == Op.PoolKind.MAX
        && meet(
            image.dim(1),
            w.kernel().height(),
            w.stride().height(),
            out.height(),
            pad.top(),
            w.dilation().height())
        && meet(
            image.dim(2),
            w.kernel().width(),
            w.stride().width(),
            out.width(),
            pad.left(),
            w.dilation().width());
  }

  private static boolean meet(int size, int taps, int stride, int out, int pad, int dilation) {
    long lastStart = (long) (out - 1) * stride - pad;
    // With one step between taps no window that reaches in can step over the image.
    return dilation <= size && pad <= (long) (taps - 1) * dilation && lastStart < size;
  }
}
