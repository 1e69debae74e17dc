package dev.tilewright.pass;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.List;

/** Zeros put around an image before a convolution become the convolution's own padding. */
final class FoldPad implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Pad;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    if (at.op() instanceof Op.Conv conv
        && at.soleProducer(0) instanceof Node pad
        && pad.op()
            instanceof
            Op.Pad(Op.PadMode mode, List<Integer> before, List<Integer> after, double value)
        && mode == Op.PadMode.CONSTANT
        && value == 0
        && outsideOnly(before)
        && outsideOnly(after)) {
      Op.Window w = conv.window();
      Padding sum =
          new Padding(
              w.pad().top() + before.get(1),
              w.pad().left() + before.get(2),
              w.pad().bottom() + after.get(1),
              w.pad().right() + after.get(2));
      Op.Window window = new Op.Window(w.kernel(), w.stride(), w.dilation(), sum);
      List<Value> in = new ArrayList<>();
      in.add(pad.input(0));
      for (int i = 1; i < at.node().inputs().size(); i++) {
        in.add(at.in(i));
      }
      at.replace(
          at.emit(at.node().name(), new Op.Conv(window, conv.groups(), conv.epilogue()), in));
    } else {
      at.keep();
    }
  }

  /** [N, H, W, C]: nothing added to N and C, nothing cropped. */
  private static boolean outsideOnly(List<Integer> amounts) {
    return amounts.get(0) == 0 && amounts.get(3) == 0 && amounts.stream().allMatch(a -> a >= 0);
  }
}
