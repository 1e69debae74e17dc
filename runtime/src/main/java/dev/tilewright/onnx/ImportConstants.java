package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Operators whose result is known when the graph is built. */
final class ImportConstants {
  private static final List<String> FORMS =
      List.of("value", "value_float", "value_floats", "value_int", "value_ints");

  private ImportConstants() {}

  static @Nullable String refusal(OnnxNode node) {
    if (FORMS.stream().anyMatch(node::has)) {
      return null;
    }
    return "of " + node.attributes().keySet();
  }

  static Value constant(NodeScope n) {
    OnnxNode node = n.node();
    List<Float> floats = node.numbers("value_floats");
    List<Long> ints = node.integers("value_ints");
    if (node.has("value")) {
      return n.constant(tensor(node));
    } else if (node.has("value_float")) {
      return n.constant(Tensor.of(Shape.SCALAR, node.number("value_float", 0)));
    } else if (node.has("value_int")) {
      return n.constant(Tensor.of(Shape.SCALAR, node.integer("value_int", 0)));
    } else if (floats != null) {
      float[] values = new float[floats.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = floats.get(i);
      }
      return n.constant(Tensor.of(Shape.of(values.length), values));
    }
    return n.constant(longs(ints == null ? LongStream.empty() : ints.stream().mapToLong(i -> i)));
  }

  /** A shape as input, one value as attribute; float 0 if absent. */
  static Value constantOfShape(NodeScope n) {
    Tensor value = n.node().has("value") ? tensor(n.node()) : Tensor.of(Shape.SCALAR, 0f);
    n.scalar(value);
    List<Integer> dims = n.integers(0).stream().map(Math::toIntExact).toList();
    TensorType type = n.folded(new TensorType(value.dtype(), new Shape(dims)));
    int size = type.dtype().bytes();
    MemorySegment data = MemorySegment.ofArray(new byte[Math.toIntExact(type.bytes())]);
    for (long at = 0; at < data.byteSize(); at += size) {
      MemorySegment.copy(value.data(), 0, data, at, size);
    }
    return n.constant(new Tensor(type, data));
  }

  /**
   * 1 where column - row is k, 0 elsewhere; of the shape of the input, and its type if not stated.
   */
  static Value eyeLike(NodeScope n) {
    Shape shape = n.shape(0);
    DType dtype = n.in(0).type().dtype();
    if (n.node().has("dtype")) {
      dtype = ElementType.of(n.node().integer("dtype", 0), "the result").dtype();
    }
    if (shape.rank() != 2) {
      throw n.node().bad("needs a matrix, got " + n.in(0).type());
    }
    long k = n.node().integer("k", 0);
    return n.cast(band(n, shape, (row, column) -> column - row == k), dtype);
  }

  /** The upper or lower triangle of matrices, from the diagonal that the second input names. */
  static Value triangle(NodeScope n) {
    Value x = n.in(0);
    int rank = x.shape().rank();
    if (rank < 2) {
      throw n.node().bad("needs matrices, got " + x.type());
    }
    Tensor diagonal = n.maybeConstant(1);
    double k = diagonal == null ? 0 : n.scalar(diagonal);
    boolean upper = n.node().integer("upper", 1) != 0;
    Shape matrix = Shape.of(x.shape().dim(rank - 2), x.shape().dim(rank - 1));
    Value kept = band(n, matrix, (row, column) -> upper ? column - row >= k : column - row <= k);
    Value zero = n.constant(new Tensor(new TensorType(x.type().dtype(), Shape.SCALAR), zero(x)));
    return n.add(new Op.Where(), kept, x, zero);
  }

  private static MemorySegment zero(Value like) {
    return MemorySegment.ofArray(new byte[like.type().dtype().bytes()]);
  }

  private interface Cell {
    boolean holds(long row, long column);
  }

  private static Value band(NodeScope n, Shape matrix, Cell cell) {
    TensorType type = n.folded(new TensorType(DType.BOOL, matrix));
    byte[] flags = new byte[Math.toIntExact(type.bytes())];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = (byte) (cell.holds(i / matrix.last(), i % matrix.last()) ? 1 : 0);
    }
    return n.constant(new Tensor(type, MemorySegment.ofArray(flags)));
  }

  /** start, start + delta, ... below limit (above it, if delta is negative). */
  static Value range(NodeScope n) {
    DType dtype = n.in(0).type().dtype();
    if (dtype == DType.FLOAT32) {
      double start = n.scalar(n.constant(0));
      double delta = n.scalar(n.constant(2));
      float[] values =
          new float[count(n, Math.ceil((n.scalar(n.constant(1)) - start) / delta), dtype)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (start + i * delta);
      }
      return n.constant(Tensor.of(Shape.of(values.length), values));
    }
    long start = whole(n, 0);
    long limit = whole(n, 1);
    long delta = whole(n, 2);
    if (delta == 0) {
      throw n.node().bad("a step of 0");
    }
    int count = count(n, (double) Math.ceilDiv(Math.subtractExact(limit, start), delta), dtype);
    Tensor values = longs(LongStream.range(0, count).map(i -> start + i * delta));
    return n.cast(n.constant(values), dtype);
  }

  /** Dimensions from start to end (opset 15; all before). */
  static Value shape(NodeScope n) {
    List<Integer> dims = n.shape(0).dims();
    int start = clamp(n.node().integer("start", 0), dims.size());
    int end = clamp(n.node().integer("end", dims.size()), dims.size());
    return n.constant(longs(dims.subList(start, Math.max(start, end)).stream().mapToLong(d -> d)));
  }

  static Value size(NodeScope n) {
    return n.constant(Tensor.of(Shape.SCALAR, n.shape(0).elements()));
  }

  private static int clamp(long position, int rank) {
    return Math.clamp(position < 0 ? position + rank : position, 0, rank);
  }

  private static int count(NodeScope n, double count, DType dtype) {
    if (Double.isNaN(count) || count > Limits.FOLDED_ELEMENTS) {
      throw n.unsupported("a range of " + count + " " + dtype);
    }
    int whole = (int) Math.max(0, count);
    n.folded(new TensorType(dtype, Shape.of(whole)));
    return whole;
  }

  private static long whole(NodeScope n, int input) {
    Tensor tensor = n.constant(input);
    n.scalar(tensor);
    if (tensor.dtype() == DType.FLOAT32) {
      throw n.node().bad("start, limit and delta have different element types");
    }
    return tensor.toLongs()[0];
  }

  private static Tensor tensor(OnnxNode node) {
    if (node.attributes().get("value") instanceof Attribute.Values(Tensor tensor)) {
      return tensor;
    }
    throw node.bad("attribute value must be a tensor");
  }

  private static Tensor longs(LongStream stream) {
    long[] values = stream.toArray();
    return Tensor.of(Shape.of(values.length), values);
  }
}
