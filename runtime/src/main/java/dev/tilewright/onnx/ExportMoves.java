package dev.tilewright.onnx;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Operators that move values. What only changes the layout of images is not written at all. */
final class ExportMoves {
  private ExportMoves() {}

  static void reshape(ExportScope out, Node node, Shape to) {
    Value x = node.input(0);
    if (out.isImage(x) && keepsPixels(x.shape(), to)) {
      Shape dims = new Shape(ExportScope.order(to.dims(), true));
      out.define(node.output(), true, out.reshape(out.name(x, true), dims));
    } else {
      boolean image = out.isImage(x) && ExportScope.isSameInMemory(x.shape());
      out.define(node.output(), false, out.reshape(out.name(x, image), to));
    }
  }

  /** Whether a reshape merges or splits channels and pixels among themselves only. */
  private static boolean keepsPixels(Shape from, Shape to) {
    return to.rank() > 2
        && from.dim(0) == to.dim(0)
        && pixels(from) == pixels(to)
        && to.elements() > 0;
  }

  private static long pixels(Shape image) {
    return image.product(1, 1 + ExportScope.pixels(image.rank()));
  }

  /** Gathered from the runs of x, behind which are zeros: the last one is -1. */
  static void runs(ExportScope out, Node node, Op.Runs runs) {
    int count = Math.toIntExact(node.input(0).shape().elements() / runs.length());
    String x = out.reshape(out.name(node.input(0), false), Shape.of(count, runs.length()));
    x = out.emit("Pad", Map.of(), x, out.longs(List.of(0, 0, 1, 0)));
    Attribute rows = new Attribute.Int(0);
    x = out.emit("Gather", Map.of("axis", rows), x, out.name(node.input(1), false));
    out.define(node.output(), false, out.reshape(x, runs.shape()));
  }

  static void slice(ExportScope out, Node node, Op.Slice slice) {
    Value x = node.input(0);
    boolean image = out.isImage(x);
    List<Integer> starts = ExportScope.order(slice.starts(), image);
    List<Integer> steps = ExportScope.order(slice.steps(), image);
    List<Integer> sizes = ExportScope.order(slice.sizes().dims(), image);
    List<Integer> dims = ExportScope.order(x.shape().dims(), image);
    List<Integer> axes = new ArrayList<>();
    List<Integer> from = new ArrayList<>();
    List<Integer> to = new ArrayList<>();
    List<Integer> by = new ArrayList<>();
    for (int i = 0; i < dims.size(); i++) {
      if (!sizes.get(i).equals(dims.get(i)) || steps.get(i) != 1) {
        long end = starts.get(i) + (long) sizes.get(i) * steps.get(i);
        axes.add(i);
        from.add(starts.get(i));
        // A negative end counts from the last: before the first is far below.
        to.add(end < 0 ? Integer.MIN_VALUE : (int) Math.min(end, Integer.MAX_VALUE));
        by.add(steps.get(i));
      }
    }
    String name = out.name(x, image);
    String result =
        axes.isEmpty()
            ? name
            : out.emit(
                "Slice",
                Map.of(),
                name,
                out.longs(from),
                out.longs(to),
                out.longs(axes),
                out.longs(by));
    out.define(node.output(), image, result);
  }

  static void pad(ExportScope out, Node node, Op.Pad pad) {
    Value x = node.input(0);
    boolean image = out.isImage(x);
    List<Integer> amounts = new ArrayList<>(ExportScope.order(pad.before(), image));
    amounts.addAll(ExportScope.order(pad.after(), image));
    Attribute mode =
        new Attribute.Text(
            switch (pad.mode()) {
              case CONSTANT -> "constant";
              case REFLECT -> "reflect";
              case EDGE -> "edge";
              case WRAP -> "wrap";
            });
    String name = out.name(x, image);
    String value =
        pad.mode() == Op.PadMode.CONSTANT
            ? out.constant("pad_value", scalar(x.type().dtype(), pad.value()))
            : "";
    String result = out.emit("Pad", Map.of("mode", mode), name, out.longs(amounts), value);
    out.define(node.output(), image, result);
  }

  /** The transposes between the graph's layout of images and the file's are not written. */
  static void transpose(ExportScope out, Node node, List<Integer> perm) {
    Value x = node.input(0);
    int rank = perm.size();
    boolean first = rank > 2 && perm.equals(ExportScope.image(rank));
    if (first && (rank > 3 || out.isImage(x))) {
      out.define(node.output(), false, out.name(x, true));
    } else if (first || perm.equals(List.of(0, 2, 3, 1))) {
      out.define(node.output(), true, out.name(x, false));
    } else {
      // An image stays one if only its dimensions of channels move.
      boolean image = out.isImage(x);
      int fixed = 1 + ExportScope.pixels(rank);
      boolean stays = image && isIdentity(perm.subList(0, fixed));
      List<Integer> moved =
          ExportScope.order(perm, stays).stream()
              .map(a -> ExportScope.axis(a, image, rank))
              .toList();
      String name = out.name(x, image);
      Map<String, Attribute> attributes = Map.of("perm", ExportScope.ints(moved));
      out.define(node.output(), stays, out.emit("Transpose", attributes, name));
    }
  }

  private static boolean isIdentity(List<Integer> perm) {
    return perm.equals(IntStream.range(0, perm.size()).boxed().toList());
  }

  private static Tensor scalar(DType dtype, double value) {
    if (dtype == DType.FLOAT32) {
      return Tensor.of(Shape.SCALAR, (float) value);
    }
    byte[] whole = new byte[Long.BYTES];
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putLong((long) value);
    MemorySegment bytes = MemorySegment.ofArray(whole).asSlice(0, dtype.bytes());
    return new Tensor(new TensorType(dtype, Shape.SCALAR), bytes);
  }
}
