package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.ShapeInference;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that change the shape of a tensor or the order of its dimensions. */
final class ImportShapes {
  private ImportShapes() {}

  /**
   * To the shape of the second input, before opset 5 of the attribute: 0 keeps a dimension (unless
   * allowzero says otherwise), -1 takes what is left.
   */
  static Value reshape(NodeScope n) {
    Value x = n.in(0);
    List<Long> attribute = n.node().integers("shape");
    List<Long> wanted = attribute == null ? n.integers(1) : attribute;
    boolean zeros = n.node().integer("allowzero", 0) != 0;
    List<Integer> dims = new ArrayList<>();
    int open = -1;
    for (int i = 0; i < wanted.size(); i++) {
      long d = wanted.get(i);
      if (d == -1) {
        if (open >= 0) {
          throw n.node().bad("two dimensions are -1: " + wanted);
        }
        open = i;
        dims.add(1);
      } else if (d == 0 && !zeros) {
        if (i >= x.shape().rank()) {
          throw n.node().bad(wanted + " keeps dimension " + i + " of " + x.type());
        }
        dims.add(x.shape().dim(i));
      } else {
        dims.add(Math.toIntExact(d));
      }
    }
    if (open >= 0) {
      long rest = new Shape(dims).elements();
      if (rest == 0 || x.shape().elements() % rest != 0) {
        throw n.node().bad(x.type() + " does not divide into " + wanted);
      }
      dims.set(open, Math.toIntExact(x.shape().elements() / rest));
    }
    return n.reshape(x, dims);
  }

  /** Two dimensions: all before the axis, and the rest. */
  static Value flatten(NodeScope n) {
    Shape shape = n.shape(0);
    long stated = n.node().integer("axis", 1);
    int axis = stated == shape.rank() ? shape.rank() : n.axis(stated, shape.rank());
    return n.reshape(
        n.in(0),
        List.of(
            Math.toIntExact(shape.product(0, axis)),
            Math.toIntExact(shape.product(axis, shape.rank()))));
  }

  static Value squeeze(NodeScope n) {
    Shape shape = n.shape(0);
    List<Long> stated = n.integers("axes", 1);
    List<Integer> axes =
        stated == null
            ? IntStream.range(0, shape.rank()).filter(i -> shape.dim(i) == 1).boxed().toList()
            : n.axes(stated, shape.rank());
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < shape.rank(); i++) {
      if (!axes.contains(i)) {
        dims.add(shape.dim(i));
      } else if (shape.dim(i) != 1) {
        throw n.node().bad("dimension " + i + " of " + shape + " is not 1");
      }
    }
    return n.reshape(n.in(0), dims);
  }

  static Value unsqueeze(NodeScope n) {
    Shape shape = n.shape(0);
    List<Long> stated = n.integers("axes", 1);
    if (stated == null) {
      throw n.node().bad("axes are missing");
    }
    if (shape.rank() + stated.size() > Limits.RANK) {
      throw n.node().bad("more than " + Limits.RANK + " dimensions");
    }
    List<Integer> dims = new ArrayList<>(shape.dims());
    n.axes(stated, shape.rank() + stated.size()).stream().sorted().forEach(a -> dims.add(a, 1));
    return n.reshape(n.in(0), dims);
  }

  /** Reversed if not stated. */
  static Value transpose(NodeScope n) {
    int rank = n.shape(0).rank();
    List<Long> stated = n.node().integers("perm");
    List<Integer> order = IntStream.range(0, rank).boxed().toList();
    List<Integer> perm =
        stated == null ? order.reversed() : stated.stream().map(Math::toIntExact).toList();
    return perm.equals(order) ? n.in(0) : n.add(new Op.Transpose(perm), n.in(0));
  }

  static Value concat(NodeScope n) {
    List<Value> in = n.all();
    int rank = in.getFirst().shape().rank();
    int axis = n.axis(n.node().integer("axis", 1), rank);
    if (in.stream().anyMatch(v -> v.shape().rank() != rank)) {
      throw n.node().bad("inputs have different numbers of dimensions");
    }
    List<Value> parts = in.stream().filter(v -> v.shape().dim(axis) > 0).toList();
    return switch (parts.size()) {
      case 0 -> in.getFirst();
      case 1 -> parts.getFirst();
      default -> n.add(new Op.Concat(axis), parts.toArray(Value[]::new));
    };
  }

  /** All inputs along a new axis. */
  static Value stack(NodeScope n, long stated) {
    int rank = n.shape(0).rank() + 1;
    int axis = n.axis(stated, rank);
    List<Value> rows = new ArrayList<>();
    for (Value in : n.all()) {
      if (in.shape().rank() + 1 != rank) {
        throw n.node().bad("inputs have different numbers of dimensions");
      }
      List<Integer> dims = new ArrayList<>(in.shape().dims());
      dims.add(axis, 1);
      rows.add(n.reshape(in, dims));
    }
    return rows.size() == 1
        ? rows.getFirst()
        : n.add(new Op.Concat(axis), rows.toArray(Value[]::new));
  }

  /** To the shape stated, where that broadcasts in turn: its dimensions of 1 keep those of x. */
  static Value expand(NodeScope n) {
    Value x = n.in(0);
    Shape wanted = new Shape(n.integers(1).stream().map(Math::toIntExact).toList());
    return expanded(n, x, ShapeInference.broadcast(x.shape(), wanted));
  }

  /** [d0, d1...] as [1, d0, 1, d1...], expanded to [r0, d0, r1, d1...]: repetitions in a row. */
  static Value tile(NodeScope n) {
    Value x = n.in(0);
    List<Integer> repeats = n.integers(1).stream().map(Math::toIntExact).toList();
    int rank = x.shape().rank();
    if (repeats.size() != rank) {
      throw n.node().bad(repeats.size() + " repetitions for " + x.type());
    }
    List<Integer> apart = new ArrayList<>();
    List<Integer> repeated = new ArrayList<>();
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      apart.addAll(List.of(1, x.shape().dim(i)));
      repeated.addAll(List.of(repeats.get(i), x.shape().dim(i)));
      dims.add(Math.multiplyExact(repeats.get(i), x.shape().dim(i)));
    }
    if (x.shape().dims().equals(dims)) {
      return x;
    }
    return n.reshape(expanded(n, n.reshape(x, apart), new Shape(repeated)), dims);
  }

  /** Blocks of channels become blocks of pixels. */
  static Value depthToSpace(NodeScope n) {
    Shape s = image(n);
    int b = block(n);
    if (s.dim(1) % ((long) b * b) != 0) {
      throw n.node().bad("blocks of " + b + " do not divide " + s);
    }
    int c = s.dim(1) / (b * b);
    String mode = n.node().text("mode", "DCR");
    boolean columnRow = mode.equals("CRD");
    if (!columnRow && !mode.equals("DCR")) {
      throw n.unsupported("mode " + mode);
    }
    Value apart =
        columnRow
            ? n.reshape(n.in(0), List.of(s.dim(0), c, b, b, s.dim(2), s.dim(3)))
            : n.reshape(n.in(0), List.of(s.dim(0), b, b, c, s.dim(2), s.dim(3)));
    Value moved =
        columnRow ? n.transpose(apart, 0, 1, 4, 2, 5, 3) : n.transpose(apart, 0, 3, 4, 1, 5, 2);
    return n.reshape(
        moved,
        List.of(s.dim(0), c, Math.multiplyExact(s.dim(2), b), Math.multiplyExact(s.dim(3), b)));
  }

  /** Blocks of pixels become blocks of channels. */
  static Value spaceToDepth(NodeScope n) {
    Shape s = image(n);
    int b = block(n);
    if (s.dim(2) % b != 0 || s.dim(3) % b != 0) {
      throw n.node().bad("blocks of " + b + " do not divide " + s);
    }
    int h = s.dim(2) / b;
    int w = s.dim(3) / b;
    Value apart = n.reshape(n.in(0), List.of(s.dim(0), s.dim(1), h, b, w, b));
    Value moved = n.transpose(apart, 0, 3, 5, 1, 2, 4);
    return n.reshape(moved, List.of(s.dim(0), Math.multiplyExact(s.dim(1), b * b), h, w));
  }

  private static Shape image(NodeScope n) {
    if (n.shape(0).rank() != 4) {
      throw n.node().bad("needs an image, got " + n.in(0).type());
    }
    return n.shape(0);
  }

  private static int block(NodeScope n) {
    long block = n.node().integer("blocksize", 0);
    if (block < 1 || block > Limits.WINDOW) {
      throw n.node().bad("blocksize is " + block);
    }
    return (int) block;
  }

  private static Value expanded(NodeScope n, Value x, Shape shape) {
    return x.shape().equals(shape) ? x : n.add(new Op.Expand(shape), x);
  }
}
