package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Squeeze-and-excitation multiplies each channel of one image by a factor that the model computes,
 * and a 1x1 convolution follows. Where the image is much larger than the filter, the factors go
 * into the filter's input channels in every run instead: conv(x * s, f) = conv(x, f * s).
 */
final class ScaleIntoFilter implements Pass {
  /**
   * How many times as long a value of the filter takes, which is multiplied and packed anew in
   * every run, as one of the image, which is written and read once more: 0.5 and 0.11 ns by C
   * kernels on one thread (measured: docs/measurements.md). Twice that, for packing is not shared
   * among threads and walks over the image are.
   */
  private static final long FILTER_TO_IMAGE = 9;

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Conv;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Value scaled = at.op() instanceof Op.Conv conv ? scaled(at, conv) : null;
    at.replaceOrKeep(scaled);
  }

  private static @Nullable Value scaled(Rewriter.At at, Op.Conv conv) {
    Shape filter = at.in(1).shape();
    Shape image = at.in(0).shape();
    if (!conv.window().equals(Op.Window.POINT)
        || conv.groups() != 1
        || image.dim(0) != 1
        || filter.elements() * FILTER_TO_IMAGE > image.elements()
        || !(at.soleProducer(0) instanceof Node product)
        || !(product.op() instanceof Op.Binary(BinaryFunction f))
        || f != BinaryFunction.MUL) {
      return null;
    }
    int side = isPerChannel(product.input(1), image) ? 0 : 1;
    Value factors = product.input(1 - side);
    Value x = product.input(side);
    if (!isPerChannel(factors, image) || !x.shape().equals(image)) {
      return null;
    }
    Value along = at.emit(new Op.Reshape(Shape.of(1, image.last(), 1, 1)), factors);
    List<Value> in = new ArrayList<>(List.of(x));
    in.add(at.emit(new Op.Binary(BinaryFunction.MUL), at.in(1), along));
    for (int i = 2; i < at.node().inputs().size(); i++) {
      in.add(at.in(i));
    }
    return at.emit(at.node().name(), conv, in);
  }

  /** Whether it has one value for each channel of the one image. */
  private static boolean isPerChannel(Value factors, Shape image) {
    return factors.type().dtype() == DType.FLOAT32
        && factors.shape().rank() > 0
        && factors.shape().last() == image.last()
        && factors.shape().elements() == image.last();
  }
}
