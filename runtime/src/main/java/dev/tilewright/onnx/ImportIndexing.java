package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ScatterReduction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Operators that take positions as data, or give them. */
final class ImportIndexing {
  private ImportIndexing() {}

  /** Values and positions of the k best; k was an attribute before opset 10. */
  static List<Value> topK(NodeScope n) {
    Value x = n.in(0);
    int axis = n.axis(n.node().integer("axis", -1), x.shape().rank());
    double k = n.opset() < 10 ? n.node().integer("k", -1) : n.scalar(n.constant(1));
    if (k < 0 || k > x.shape().dim(axis)) {
      throw n.node().bad("no " + (long) k + " elements along axis " + axis + " of " + x.type());
    }
    boolean largest = n.node().integer("largest", 1) != 0;
    Value positions = n.add(new Op.Top(axis, (int) k, largest, false), x);
    return List.of(n.add(new Op.GatherElements(axis), x, positions), positions);
  }

  static Value gatherElements(NodeScope n) {
    int axis = n.axis(n.node().integer("axis", 0), n.shape(0).rank());
    return n.add(new Op.GatherElements(axis), n.in(0), n.in(1));
  }

  static Value gatherND(NodeScope n) {
    int batch = Math.toIntExact(n.node().integer("batch_dims", 0));
    return n.add(new Op.GatherParts(batch), n.in(0), n.in(1));
  }

  static @Nullable String scatterRefusal(OnnxNode node) {
    return switch (node.text("reduction", "none")) {
      case "none", "add", "mul", "min", "max" -> null;
      case String other -> "reduction " + other;
    };
  }

  static Value scatterND(NodeScope n) {
    return n.add(new Op.Scatter(reduction(n)), n.in(0), n.in(1), n.in(2));
  }

  static Value scatterElements(NodeScope n) {
    int axis = n.axis(n.node().integer("axis", 0), n.shape(0).rank());
    return n.add(new Op.ScatterElements(axis, reduction(n)), n.in(0), n.in(1), n.in(2));
  }

  private static ScatterReduction reduction(NodeScope n) {
    return switch (n.node().text("reduction", "none")) {
      case "add" -> ScatterReduction.ADD;
      case "mul" -> ScatterReduction.MUL;
      case "min" -> ScatterReduction.MIN;
      case "max" -> ScatterReduction.MAX;
      default -> ScatterReduction.REPLACE;
    };
  }

  /** values[1] along a new axis where its position is the index, values[0] elsewhere. */
  static Value oneHot(NodeScope n) {
    Value indices = n.cast(n.in(0), DType.INT64);
    long depth = (long) n.scalar(n.constant(1));
    if (depth < 1 || depth > Limits.FOLDED_ELEMENTS) {
      throw n.node().bad("depth is " + depth);
    }
    int rank = indices.shape().rank() + 1;
    int axis = n.axis(n.node().integer("axis", -1), rank);
    List<Integer> dims = new ArrayList<>(indices.shape().dims());
    dims.add(axis, 1);
    Value found = n.reshape(fromTheFirst(n, indices, depth), dims);
    Value is = n.binary(BinaryFunction.EQUAL, found, counting(n, (int) depth, axis, rank));
    return n.add(new Op.Where(), is, element(n, 2, 1), element(n, 2, 0));
  }

  /** 1 at the first of the largest elements along an axis, 0 elsewhere. */
  static Value hardmax(NodeScope n, Value x, int axis) {
    Value position = n.add(new Op.Top(axis, 1, true, false), x);
    Value places = counting(n, x.shape().dim(axis), axis, x.shape().rank());
    return n.cast(n.binary(BinaryFunction.EQUAL, position, places), x.type().dtype());
  }

  /** The first sequence_lens[b] steps of every batch b in reverse order. */
  static Value reverseSequence(NodeScope n) {
    Shape shape = n.shape(0);
    int batch = n.axis(n.node().integer("batch_axis", 1), shape.rank());
    int time = n.axis(n.node().integer("time_axis", 0), shape.rank());
    if (batch == time) {
      throw n.node().bad("batch_axis and time_axis are one");
    }
    List<Integer> perBatch = new ArrayList<>(Collections.nCopies(shape.rank(), 1));
    perBatch.set(batch, shape.dim(batch));
    Value length = n.reshape(n.cast(n.in(1), DType.INT64), perBatch);
    Value step = counting(n, shape.dim(time), time, shape.rank());
    Value last = n.binary(BinaryFunction.SUB, length, n.scalarLike(length, 1));
    Value back = n.binary(BinaryFunction.SUB, last, step);
    Value inside = n.binary(BinaryFunction.LESS, step, length);
    Value from = n.add(new Op.Where(), inside, back, step);
    return n.add(new Op.GatherElements(time), n.in(0), n.add(new Op.Expand(shape), from));
  }

  /** Indices in [0, depth) of ones that may count from the end. */
  private static Value fromTheFirst(NodeScope n, Value indices, long depth) {
    Value negative = n.binary(BinaryFunction.LESS, indices, n.scalarLike(indices, 0));
    Value size = n.constant(Tensor.of(Shape.SCALAR, depth));
    return n.add(new Op.Where(), negative, n.binary(BinaryFunction.ADD, indices, size), indices);
  }

  /** 0, 1, 2... along one axis of a rank. */
  private static Value counting(NodeScope n, int size, int axis, int rank) {
    long[] values = new long[size];
    for (int i = 0; i < size; i++) {
      values[i] = i;
    }
    List<Integer> dims = new ArrayList<>(Collections.nCopies(rank, 1));
    dims.set(axis, size);
    return n.constant(Tensor.of(new Shape(dims), values));
  }

  /** One element of an input that is a list. */
  private static Value element(NodeScope n, int input, int i) {
    Op slice = new Op.Slice(List.of(i), List.of(1), Shape.of(1));
    return n.reshape(n.add(slice, n.in(input)), List.of());
  }
}
