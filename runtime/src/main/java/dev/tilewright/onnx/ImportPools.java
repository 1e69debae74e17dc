package dev.tilewright.onnx;

import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Maxima and averages, over windows and over whole images. */
final class ImportPools {
  private ImportPools() {}

  static @Nullable String refusal(OnnxNode node) {
    return node.integer("storage_order", 0) != 0 ? "column-major storage" : Windows.refusal(node);
  }

  static Value pool(NodeScope n, Op.PoolKind kind) {
    int rank = n.shape(0).rank();
    Value x = Windows.image(n, n.floats(0));
    if (!n.node().has("kernel_shape")) {
      throw n.node().bad("kernel_shape is missing");
    }
    Size in = new Size(x.shape().dim(2), x.shape().dim(3));
    Op.Window w = Windows.over(n, in, Windows.size(n, "kernel_shape", rank), rank);
    ImportConvolutions.checkExtent(n, in, w.pad());
    int height = Windows.span(w.kernel().height(), w.dilation().height());
    int width = Windows.span(w.kernel().width(), w.dilation().width());
    if (Math.max(w.pad().top(), w.pad().bottom()) >= height
        || Math.max(w.pad().left(), w.pad().right()) >= width) {
      throw n.node().bad("pads must be smaller than the window: one would lie outside the image");
    }
    boolean ceil = n.node().integer("ceil_mode", 0) != 0;
    int rows =
        out(n, in.height(), w.pad().top(), w.pad().bottom(), height, w.stride().height(), ceil);
    int columns =
        out(n, in.width(), w.pad().left(), w.pad().right(), width, w.stride().width(), ceil);
    boolean countPad = n.node().integer("count_include_pad", 0) != 0;
    Op pool = new Op.Pool(kind, w, new Size(rows, columns), countPad);
    return Windows.channelsFirst(n, n.add(pool, Windows.channelsLast(n, x)), rank);
  }

  static Value global(NodeScope n, Op.ReduceKind kind) {
    Value x = n.floats(0);
    List<Integer> axes = IntStream.range(2, x.shape().rank()).boxed().toList();
    return axes.isEmpty() ? x : n.add(new Op.Reduce(kind, axes, true), x);
  }

  /** Windows along one axis. With ceil the last may hang over, but must start in the image. */
  private static int out(
      NodeScope n, int in, int before, int after, int span, int stride, boolean ceil) {
    int room = in + before + after - span;
    if (room < 0) {
      throw n.node().bad("the window is larger than the padded input");
    }
    int out = (ceil ? Math.ceilDiv(room, stride) : room / stride) + 1;
    return ceil && (out - 1L) * stride >= (long) in + before ? out - 1 : out;
  }
}
