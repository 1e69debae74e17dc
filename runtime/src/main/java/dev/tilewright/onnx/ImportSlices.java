package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Operators that take a part of a tensor, or put something around it. */
final class ImportSlices {
  private ImportSlices() {}

  static Value sliceAttributes(NodeScope n) {
    List<Long> starts = n.node().integers("starts");
    List<Long> ends = n.node().integers("ends");
    if (starts == null || ends == null) {
      throw n.node().bad("starts or ends are missing");
    }
    return slice(n, starts, ends, n.node().integers("axes"), null);
  }

  static Value slice(NodeScope n) {
    List<Long> axes = n.maybe(3) == null ? null : n.integers(3);
    List<Long> steps = n.maybe(4) == null ? null : n.integers(4);
    return slice(n, n.integers(1), n.integers(2), axes, steps);
  }

  /** Positions count from the end if negative, and are clamped to the tensor. */
  private static Value slice(
      NodeScope n,
      List<Long> starts,
      List<Long> ends,
      @Nullable List<Long> statedAxes,
      @Nullable List<Long> statedSteps) {
    Shape shape = n.shape(0);
    int count = starts.size();
    List<Long> firstAxes = LongStream.range(0, count).boxed().toList();
    List<Integer> axes = n.axes(statedAxes == null ? firstAxes : statedAxes, shape.rank());
    List<Long> steps = statedSteps == null ? Collections.nCopies(count, 1L) : statedSteps;
    if (ends.size() != count || axes.size() != count || steps.size() != count) {
      throw n.node().bad("starts, ends, axes and steps must be equally many");
    }
    Cut cut = new Cut(shape);
    for (int i = 0; i < count; i++) {
      if (steps.get(i) == 0) {
        throw n.node().bad("a step of 0");
      }
      cut.along(axes.get(i), starts.get(i), ends.get(i), steps.get(i));
    }
    return cut.of(n);
  }

  /** Attribute before opset 13, input since; num_outputs since 18; else equal parts. */
  static List<Value> split(NodeScope n) {
    Shape shape = n.shape(0);
    int axis = n.axis(n.node().integer("axis", 0), shape.rank());
    int parts = n.node().outputs().size();
    int size = shape.dim(axis);
    List<Long> sizes = n.integers("split", 1);
    if (sizes == null) {
      if (n.node().integer("num_outputs", parts) != parts) {
        throw n.node().bad("num_outputs is not the number of outputs");
      }
      if (n.opset() < 18 && size % parts != 0) {
        throw n.node().bad(shape + " does not split into " + parts + " equal parts");
      }
      long part = Math.ceilDiv(size, parts);
      sizes =
          LongStream.range(0, parts)
              .map(i -> Math.clamp(size - i * part, 0, part))
              .boxed()
              .toList();
    }
    return parts(n, axis, sizes, parts);
  }

  /** Parts of the first input, side by side along an axis; as many as are expected. */
  static List<Value> parts(NodeScope n, int axis, List<Long> sizes, int parts) {
    Shape shape = n.shape(0);
    int size = shape.dim(axis);
    if (sizes.size() != parts
        || sizes.stream().anyMatch(s -> s < 0 || s > size)
        || sizes.stream().mapToLong(s -> s).sum() != size) {
      throw n.node().bad("parts of " + sizes + " do not make " + parts + " outputs of " + shape);
    }
    List<Value> results = new ArrayList<>();
    long start = 0;
    for (long part : sizes) {
      Cut cut = new Cut(shape);
      cut.along(axis, start, start + part, 1);
      results.add(cut.of(n));
      start += part;
    }
    return results;
  }

  /** Indices that are known are checked now; an index that depends on data is checked when used. */
  static Value gather(NodeScope n) {
    Shape shape = n.shape(0);
    int axis = n.axis(n.node().integer("axis", 0), shape.rank());
    int size = shape.dim(axis);
    if (n.isConstant(1) && n.in(1).type().dtype() != DType.FLOAT32) {
      for (long index : n.constant(1).toLongs()) {
        if (index < -size || index >= size) {
          throw n.node().bad("index " + index + " in axis " + axis + " of " + shape);
        }
      }
    }
    return n.add(new Op.Gather(axis), n.in(0), n.in(1));
  }

  static @Nullable String padRefusal(OnnxNode node) {
    return switch (node.text("mode", "constant")) {
      case "constant", "reflect", "edge", "wrap" -> null;
      case String mode -> "mode " + mode;
    };
  }

  static Value padAttributes(NodeScope n) {
    List<Long> pads = n.node().integers("pads");
    if (pads == null) {
      throw n.node().bad("pads are missing");
    }
    return pad(n, pads, null, n.node().number("value", 0));
  }

  static Value pad(NodeScope n) {
    Tensor value = n.maybeConstant(2);
    List<Long> axes = n.maybe(3) == null ? null : n.integers(3);
    return pad(n, n.integers(1), axes, value == null ? 0 : n.scalar(value));
  }

  /** pads: [begins..., ends...] of the axes. */
  private static Value pad(
      NodeScope n, List<Long> pads, @Nullable List<Long> statedAxes, double value) {
    int rank = n.shape(0).rank();
    List<Integer> axes =
        statedAxes == null ? IntStream.range(0, rank).boxed().toList() : n.axes(statedAxes, rank);
    if (pads.size() != 2 * axes.size()) {
      throw n.node().bad(pads.size() + " pads for " + axes.size() + " axes");
    }
    List<Integer> before = new ArrayList<>(Collections.nCopies(rank, 0));
    List<Integer> after = new ArrayList<>(Collections.nCopies(rank, 0));
    for (int i = 0; i < axes.size(); i++) {
      before.set(axes.get(i), Math.toIntExact(pads.get(i)));
      after.set(axes.get(i), Math.toIntExact(pads.get(i + axes.size())));
    }
    if (pads.stream().allMatch(p -> p == 0)) {
      return n.in(0);
    }
    Op.PadMode mode =
        switch (n.node().text("mode", "constant")) {
          case "reflect" -> Op.PadMode.REFLECT;
          case "edge" -> Op.PadMode.EDGE;
          case "wrap" -> Op.PadMode.WRAP;
          default -> Op.PadMode.CONSTANT;
        };
    // Channels last: pixels move as a whole.
    boolean image =
        rank == 4
            && Stream.of(before, after).allMatch(p -> p.get(0) == 0 && p.get(1) == 0)
            && (before.get(3) != 0 || after.get(3) != 0);
    if (!image) {
      return n.add(new Op.Pad(mode, before, after, value), n.in(0));
    }
    Op op = new Op.Pad(mode, Windows.channelsLast(before), Windows.channelsLast(after), value);
    return Windows.channelsFirst(n, n.add(op, Windows.channelsLast(n, n.in(0))), rank);
  }

  /** To sizes of some axes, cut or filled with zeros at both ends alike. */
  static Value centre(NodeScope n) {
    int rank = n.shape(0).rank();
    List<Long> stated = n.node().integers("axes");
    List<Integer> axes =
        stated == null ? IntStream.range(0, rank).boxed().toList() : n.axes(stated, rank);
    List<Long> sizes = n.integers(1);
    if (sizes.size() != axes.size()) {
      throw n.node().bad(sizes.size() + " sizes for " + axes.size() + " axes");
    }
    List<Integer> before = new ArrayList<>(Collections.nCopies(rank, 0));
    List<Integer> after = new ArrayList<>(Collections.nCopies(rank, 0));
    for (int i = 0; i < axes.size(); i++) {
      int axis = axes.get(i);
      int more = Math.toIntExact(sizes.get(i) - n.shape(0).dim(axis));
      before.set(axis, more / 2);
      after.set(axis, more - more / 2);
    }
    return n.add(new Op.Pad(Op.PadMode.CONSTANT, before, after, 0), n.in(0));
  }

  /** A slice as it grows axis by axis; at first the whole tensor. */
  private static final class Cut {
    private final Shape shape;
    private final List<Integer> starts;
    private final List<Integer> steps;
    private final List<Integer> sizes;

    Cut(Shape shape) {
      this.shape = shape;
      this.starts = new ArrayList<>(Collections.nCopies(shape.rank(), 0));
      this.steps = new ArrayList<>(Collections.nCopies(shape.rank(), 1));
      this.sizes = new ArrayList<>(shape.dims());
    }

    void along(int axis, long start, long end, long step) {
      long dim = shape.dim(axis);
      // Beyond the tensor all steps are alike: one element at most.
      long pace = Math.clamp(step, -dim - 1, dim + 1);
      long last = step > 0 ? dim : dim - 1;
      long first = step > 0 ? 0 : -1;
      long from = Math.clamp(start < 0 ? start + dim : start, 0, Math.max(0, last));
      long to = Math.clamp(end < 0 ? end + dim : end, first, Math.max(first, last));
      int size = Math.toIntExact(Math.max(0, Math.ceilDiv(to - from, pace)));
      starts.set(axis, size == 0 ? 0 : Math.toIntExact(from));
      steps.set(axis, size <= 1 ? 1 : Math.toIntExact(pace));
      sizes.set(axis, size);
    }

    Value of(NodeScope n) {
      boolean whole = sizes.equals(shape.dims()) && steps.stream().allMatch(s -> s == 1);
      return whole ? n.in(0) : n.add(new Op.Slice(starts, steps, new Shape(sizes)), n.in(0));
    }
  }
}
