package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Layers without an activation between them, one after the other or side by side and added, are one
 * convolution, where that takes no more multiplications than they did. What networks are trained
 * with and need not run with: branches of several kernel sizes (ACNet, RepVGG, Diverse Branch
 * Block), depthwise layers composed with pointwise ones (DO-Conv), averages, normalisation before a
 * convolution, a shortcut around a linear layer.
 */
final class CollapseLinear implements Pass {
  /** Composing filters may take so many multiplications: a second or two at load. */
  private static final long MOST_WORK = 1L << 31;

  /** Of the composed filter: 1 GB in double. VGG's largest layer has 0.77 of that. */
  private static final long MOST_WEIGHTS = 1L << 27;

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Conv;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    at.keep();
    boolean root =
        switch (at.op()) {
          case Op.Conv c -> true;
          case Op.Binary(BinaryFunction f) -> f == BinaryFunction.ADD;
          default -> false;
        };
    if (root && at.out().shape().rank() == 4 && at.out().shape().elements() > 0) {
      Collapse best = best(at);
      Value collapsed = best == null ? null : convolution(at, best);
      if (collapsed != null) {
        at.replace(collapsed);
      }
    }
  }

  /** One way to do it: everything between an image and the node's output. */
  private record Collapse(Linear linear, Value origin, long saved) {}

  /** The one that saves most; of equal ones that which takes in most layers. */
  private static @Nullable Collapse best(Rewriter.At at) {
    LinearTrace trace = new LinearTrace(at, at.out());
    List<Value> origins = trace.origins();
    // The first is the value itself; the second, if a convolution's input, is nothing new.
    int from = Math.min(at.op() instanceof Op.Conv ? 2 : 1, origins.size());
    Collapse best = null;
    for (Value origin : origins.subList(from, origins.size())) {
      Linear linear = trace.from(origin);
      if (linear != null && isConvolution(linear)) {
        long saved = trace.macs() - at.out().shape().elements() * linear.form().depth();
        if (saved >= (best == null ? 0 : best.saved)) {
          best = new Collapse(linear, origin, saved);
        }
      }
    }
    return best;
  }

  /** Whether it can be written as one, of weights that fit memory, and in reasonable time. */
  private static boolean isConvolution(Linear linear) {
    LinearForm form = linear.form();
    return form.rows().first() <= 0
        && form.columns().first() <= 0
        && form.outputs() * form.depth() <= MOST_WEIGHTS
        && linear.work() <= MOST_WORK;
  }

  private static @Nullable Value convolution(Rewriter.At at, Collapse collapse) {
    Linear linear = collapse.linear;
    LinearForm form = linear.form();
    Shape out = at.out().shape();
    Shape in = collapse.origin.shape();
    Padding pad =
        new Padding(
            -form.rows().first(),
            -form.columns().first(),
            LinearTrace.beyond(out.dim(1), form.stride().height(), form.rows(), in.dim(1)),
            LinearTrace.beyond(out.dim(2), form.stride().width(), form.columns(), in.dim(2)));
    Size kernel = new Size(form.rows().count(), form.columns().count());
    Size dilation = new Size(Math.max(1, form.rows().step()), Math.max(1, form.columns().step()));
    Op.Window window = new Op.Window(kernel, form.stride(), dilation, pad);
    Shape shape = Shape.of(form.outputs(), form.width(), kernel.height(), kernel.width());
    Value filter =
        at.derive(
            List.of(linear, "filter"),
            linear.tensors(),
            arena -> Tensor.of(shape, LinearArithmetic.floats(linear.filter())));
    Value bias =
        at.derive(
            List.of(linear, "bias"),
            linear.tensors(),
            arena -> Tensor.of(Shape.of(form.outputs()), LinearArithmetic.floats(linear.bias())));
    boolean biased = isNotZero(at, bias);
    List<Value> inputs = new ArrayList<>(List.of(collapse.origin, filter));
    if (biased) {
      inputs.add(bias);
    }
    Op conv = new Op.Conv(window, form.groups(), new Epilogue(biased, false, Activation.none()));
    Value collapsed = at.emit(at.node().name(), conv, inputs);
    return collapsed.type().equals(at.out().type()) ? collapsed : null;
  }

  private static boolean isNotZero(Rewriter.At at, Value bias) {
    Tensor tensor = at.constant(bias);
    if (tensor != null) {
      for (float b : tensor.toFloats()) {
        if (b != 0) {
          return true;
        }
      }
    }
    return false;
  }
}
