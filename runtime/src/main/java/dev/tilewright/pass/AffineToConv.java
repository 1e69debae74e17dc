package dev.tilewright.pass;

import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A scale and a shift per channel that no convolution before them could take, such as the
 * normalisation that densely connected networks begin a layer with, is a depthwise convolution of
 * one tap: one walk over the image instead of two, and one more is saved if an activation follows.
 */
final class AffineToConv implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Binary(BinaryFunction f) && f == BinaryFunction.MUL;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Value conv =
        at.op() instanceof Op.Binary(BinaryFunction f) && f == BinaryFunction.ADD
            ? convolution(at)
            : null;
    at.replaceOrKeep(conv);
  }

  private static @Nullable Value convolution(Rewriter.At at) {
    int side = at.constant(at.in(1)) != null ? 0 : 1;
    Shape shape = at.node().output().shape();
    Value shift = vector(at, at.in(1 - side), shape);
    if (shift == null
        || !(at.soleProducer(side) instanceof Node product)
        || !(product.op() instanceof Op.Binary(BinaryFunction f))
        || f != BinaryFunction.MUL) {
      return null;
    }
    int image = at.constant(product.input(1)) != null ? 0 : 1;
    Value scale = vector(at, product.input(1 - image), shape);
    if (scale == null || !product.input(image).shape().equals(shape)) {
      return null;
    }
    int channels = shape.last();
    Value filter = at.emit(new Op.Reshape(Shape.of(channels, 1, 1, 1)), scale);
    Op conv =
        new Op.Conv(
            Op.Window.POINT, channels, new Epilogue(true, false, Epilogue.NONE.activation()));
    return at.emit(conv, product.input(image), filter, shift);
  }

  /** The constant as [C], if it has a value for each of the channels of this image; else null. */
  private static @Nullable Value vector(Rewriter.At at, Value constant, Shape image) {
    Tensor tensor = at.constant(constant);
    boolean fits =
        tensor != null
            && tensor.dtype() == DType.FLOAT32
            && image.rank() == 4
            && image.elements() > 0
            && image.dim(2) > 1 // rows of one pixel: 111 us, a chain of elementwise steps 43
            && image.last() > 1
            && tensor.shape().rank() > 0
            && tensor.shape().last() == image.last()
            && tensor.shape().elements() == image.last();
    return fits ? at.emit(new Op.Reshape(Shape.of(image.last())), constant) : null;
  }
}
