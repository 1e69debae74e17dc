package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A transposed convolution whose stride equals its kernel writes every output pixel once: it is a
 * 1x1 convolution to FH * FW * K channels, whose channels are then laid out as pixels. The usual
 * 2x2 upsampling of decoders.
 */
final class SplitTransposedConv implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.ConvTranspose;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    if (at.op() instanceof Op.ConvTranspose conv
        && conv.groups() == 1
        && conv.window().stride().equals(conv.window().kernel())
        && conv.window().dilation().equals(new Size(1, 1))
        && conv.window().pad().equals(new Padding(0, 0, 0, 0))
        && conv.extra().equals(new Padding(0, 0, 0, 0))
        && at.constant(at.in(1)) != null) {
      split(at, conv);
    } else {
      at.keep();
    }
  }

  private static void split(Rewriter.At at, Op.ConvTranspose conv) {
    Shape src = at.in(0).shape();
    Shape f = at.in(1).shape(); // [C, K, FH, FW]
    int c = f.dim(0);
    int k = f.dim(1);
    int fh = f.dim(2);
    int fw = f.dim(3);
    Value taps = at.emit(new Op.Transpose(List.of(2, 3, 1, 0)), at.in(1));
    List<Value> in = new ArrayList<>();
    in.add(at.in(0));
    in.add(at.emit(new Op.Reshape(Shape.of(fh * fw * k, c, 1, 1)), taps));
    if (conv.bias()) {
      Value all = at.emit(new Op.Expand(Shape.of(fh * fw, k)), at.in(2));
      in.add(at.emit(new Op.Reshape(Shape.of(fh * fw * k)), all));
    }
    Size one = new Size(1, 1);
    Op point =
        new Op.Conv(
            new Op.Window(one, one, one, new Padding(0, 0, 0, 0)),
            1,
            new Epilogue(conv.bias(), false, Activation.none()));
    Value channels = at.emit(at.node().name(), point, in);
    int n = src.dim(0);
    int h = src.dim(1);
    int w = src.dim(2);
    Value split = at.emit(new Op.Reshape(Shape.of(n, h, w, fh, fw, k)), channels);
    Value rows = at.emit(new Op.Transpose(List.of(0, 1, 3, 2, 4, 5)), split);
    at.replace(at.emit(new Op.Reshape(Shape.of(n, h * fh, w * fw, k)), rows));
  }
}
