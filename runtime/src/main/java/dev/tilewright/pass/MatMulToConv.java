package dev.tilewright.pass;

import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A matrix product with a constant right side is a 1x1 convolution over rows: [..., C] x [C, K] is
 * the image [1, rows, 1, C] under the filter [K, C, 1, 1]. So fully connected layers share the
 * kernels, the epilogues and the tuning of convolutions.
 */
final class MatMulToConv implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.MatMul;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    if (!(at.op() instanceof Op.MatMul)
        || at.constant(at.in(1)) == null
        || at.in(1).shape().rank() != 2
        || at.in(0).shape().elements() == 0
        || at.in(1).shape().elements() == 0) {
      at.keep();
      return;
    }
    Shape a = at.in(0).shape();
    int c = a.last();
    int k = at.in(1).shape().last();
    int rows = Math.toIntExact(a.elements() / c);
    Value image = at.emit(new Op.Reshape(Shape.of(1, rows, 1, c)), at.in(0));
    Value columns = at.emit(new Op.Transpose(List.of(1, 0)), at.in(1));
    Value filter = at.emit(new Op.Reshape(Shape.of(k, c, 1, 1)), columns);
    Value out = at.emit(new Op.Conv(Op.Window.POINT, 1, Epilogue.NONE), image, filter);
    List<Integer> dims = new ArrayList<>(a.dims());
    dims.set(dims.size() - 1, k);
    at.replace(at.emit(new Op.Reshape(new Shape(dims)), out));
  }
}
