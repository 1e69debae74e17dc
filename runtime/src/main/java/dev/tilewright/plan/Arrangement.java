package dev.tilewright.plan;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.tensor.Shape;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which values share memory, so that Reshape, Slice and Concat need not move anything.
 *
 * <p>A value either owns a buffer or is a view into another value's: the same elements (Reshape), a
 * contiguous part (Slice or Concat over an outer axis), or some columns of every row (over the
 * innermost axis, the channels). Views of columns have strided rows, which every kernel that
 * touches them must accept.
 */
final class Arrangement {
  /** How a view lies in the value it belongs to. */
  private enum Kind {
    /** A contiguous part, from an element offset. */
    PART,
    /** Columns of every row, from a column offset. */
    COLUMNS
  }

  private record Parent(Value value, Kind kind, long offset) {}

  private final Graph graph;
  private final Map<Node, Kernel> kernels;
  private final Map<Value, Node> producers = new HashMap<>();
  private final Map<Value, Set<Node>> consumers = new HashMap<>();
  private final Map<Value, Parent> parents = new HashMap<>();
  private final Set<Value> dense = new HashSet<>();
  private final Set<Node> free = new HashSet<>();
  private final Map<Node, Set<Integer>> inPlace = new HashMap<>();

  /**
   * @param kernels of the nodes that compute; Reshape, Slice and Concat have none yet
   */
  Arrangement(Graph graph, Map<Node, Kernel> kernels) {
    this.graph = graph;
    this.kernels = kernels;
    for (Node node : graph.nodes()) {
      node.outputs().forEach(v -> producers.put(v, node));
      node.inputs().forEach(v -> consumers.computeIfAbsent(v, k -> new HashSet<>()).add(node));
    }
    // A caller reads and writes inputs and outputs as dense tensors.
    dense.addAll(graph.inputs());
    dense.addAll(graph.outputs().values());
    graph.nodes().forEach(this::viewOfInput);
    // Backwards, so that the outermost of nested concatenations owns the buffer.
    graph.nodes().reversed().forEach(this::viewsOfOutput);
  }

  /** Whether the node's output is only another view of its input, so that nothing runs. */
  boolean isFree(Node node) {
    return free.contains(node);
  }

  /** Whether this input of a Concat is already where it belongs. */
  boolean isInPlace(Node concat, int input) {
    return inPlace.getOrDefault(concat, Set.of()).contains(input);
  }

  /** The value whose buffer this one lives in. */
  Value root(Value value) {
    Parent parent = parents.get(value);
    return parent == null ? value : root(parent.value);
  }

  /** Elements from the start of the root's buffer to the value's first. */
  long offset(Value value) {
    Parent parent = parents.get(value);
    return parent == null ? 0 : parent.offset + offset(parent.value);
  }

  /** Elements from one row of the value to the next. */
  long rowStride(Value value) {
    Parent parent = parents.get(value);
    if (parent == null) {
      return ownStride(value);
    }
    boolean sameRows = value.shape().last() == parent.value.shape().last();
    return parent.kind == Kind.COLUMNS || sameRows ? rowStride(parent.value) : value.shape().last();
  }

  private long ownStride(Value value) {
    int columns = value.shape().last();
    boolean floats = value.type().dtype().bytes() == 4;
    return floats && value.shape().elements() > columns && canStride(value)
        ? stride(columns)
        : columns;
  }

  /**
   * Elements from one row of floats to the next. A multiple of 4 KB maps the rows of a tile to one
   * cache set and halves the speed of a convolution; such rows get 16 columns more (measured:
   * docs/benchmarking.md).
   */
  static long stride(int columns) {
    return columns > 0 && columns % 1024 == 0 ? columns + 16 : columns;
  }

  /** Reshape and Slice: the output as a view of the input. */
  private void viewOfInput(Node node) {
    switch (node.op()) {
      case Op.Reshape r -> {
        if (node.input(0).shape().last() != node.output().shape().last()) {
          dense.add(node.input(0));
        }
        adopt(node, new Parent(node.input(0), Kind.PART, 0));
      }
      case Op.Slice slice when slice.steps().stream().allMatch(s -> s == 1) -> {
        Shape from = node.input(0).shape();
        int axis = onlyDifferingAxis(from, slice.sizes());
        if (axis >= 0 && !graph.constants().containsKey(node.input(0))) {
          long start = slice.starts().get(axis);
          if (from.product(0, axis) == 1 && !isColumns(node.input(0))) {
            dense.add(node.input(0));
            adopt(node, new Parent(node.input(0), Kind.PART, start * rest(from, axis)));
          } else if (axis == from.rank() - 1 && canStride(node.output())) {
            adopt(node, new Parent(node.input(0), Kind.COLUMNS, start));
          }
        }
      }
      default -> {}
    }
  }

  private void adopt(Node node, Parent parent) {
    parents.put(node.output(), parent);
    free.add(node);
  }

  /** Concat: the inputs as views of the output. */
  private void viewsOfOutput(Node node) {
    if (!(node.op() instanceof Op.Concat(int axis))) {
      return;
    }
    Shape shape = node.output().shape();
    Kind kind = kind(shape, axis);
    if (kind == null || (kind == Kind.PART && isColumns(node.output()))) {
      return;
    }
    Parent together = alreadyTogether(node, kind, axis);
    if (together != null) {
      adopt(node, together);
      return;
    }
    if (kind == Kind.PART) {
      dense.add(node.output());
    }
    long offset = 0;
    for (int i = 0; i < node.inputs().size(); i++) {
      Value in = node.input(i);
      if (isMovable(in, kind)) {
        parents.put(in, new Parent(node.output(), kind, offset));
        inPlace.computeIfAbsent(node, n -> new HashSet<>()).add(i);
      }
      offset += in.shape().dim(axis) * (kind == Kind.PART ? rest(shape, axis) : 1);
    }
  }

  /**
   * Where the inputs of a Concat lie side by side already, or null. Densely connected networks
   * concatenate the same first tensors again and again; the last time decides where they live, and
   * every earlier result is the first columns of that.
   */
  private @Nullable Parent alreadyTogether(Node concat, Kind kind, int axis) {
    Parent first = parents.get(concat.input(0));
    if (first == null || kind != Kind.COLUMNS || first.kind != kind || isOwned(concat.output())) {
      return null;
    }
    long offset = first.offset;
    for (Value in : concat.inputs()) {
      if (!new Parent(first.value, kind, offset).equals(parents.get(in))) {
        return null;
      }
      offset += in.shape().dim(axis);
    }
    return canStride(concat.output()) ? first : null;
  }

  /** Whether someone else has decided where the value lives. */
  private boolean isOwned(Value value) {
    return parents.containsKey(value) || graph.outputs().containsValue(value);
  }

  /** How the parts of a Concat lie in its result, or null if they are scattered. */
  private static @Nullable Kind kind(Shape shape, int axis) {
    if (shape.product(0, axis) == 1) {
      return Kind.PART;
    }
    return axis == shape.rank() - 1 ? Kind.COLUMNS : null;
  }

  /**
   * The memory of one input of a Concat inside its result, as element offset and row stride: where
   * a copy must go if the input is not in place.
   *
   * @throws IllegalStateException if the input's elements are scattered
   */
  Spot spot(Node concat, int input) {
    int axis = ((Op.Concat) concat.op()).axis();
    Shape shape = concat.output().shape();
    Kind kind = kind(shape, axis);
    if (kind == null) {
      throw new IllegalStateException("scattered: " + concat);
    }
    long before = 0;
    for (int i = 0; i < input; i++) {
      before += concat.input(i).shape().dim(axis);
    }
    return kind == Kind.COLUMNS
        ? new Spot(offset(concat.output()) + before, rowStride(concat.output()))
        : new Spot(
            offset(concat.output()) + before * rest(shape, axis),
            concat.input(input).shape().last());
  }

  /** Element offset in the root's buffer, and row stride in elements. */
  record Spot(long offset, long rowStride) {}

  /** Whether a Concat can be done by placing or copying each input on its own. */
  static boolean isSeparable(Node concat) {
    return concat.op() instanceof Op.Concat(int axis)
        && kind(concat.output().shape(), axis) != null;
  }

  private boolean isMovable(Value value, Kind kind) {
    Node producer = producers.get(value);
    return producer != null
        && !parents.containsKey(value)
        && !graph.outputs().containsValue(value)
        && (kind == Kind.PART || canStride(value));
  }

  /** Whether the value already has strided rows. */
  private boolean isColumns(Value value) {
    Parent parent = parents.get(value);
    return parent != null && (parent.kind == Kind.COLUMNS || isColumns(parent.value));
  }

  /** Whether everything that reads or writes the value accepts strided rows. */
  private boolean canStride(Value value) {
    if (dense.contains(value) || graph.constants().containsKey(value)) {
      return false;
    }
    Node producer = producers.get(value);
    if (producer == null || (!free.contains(producer) && !accepts(producer, value))) {
      return false;
    }
    return consumers.getOrDefault(value, Set.of()).stream().allMatch(n -> accepts(n, value));
  }

  private boolean accepts(Node node, Value value) {
    if (free.contains(node)) {
      return node.output().equals(value) || canStrideView(node, value);
    }
    @Nullable Kernel kernel = kernels.get(node);
    return kernel == null
        ? node.op() instanceof Op.Concat // copied row by row where it cannot stay
            && isRowConcat(node)
        : kernel.acceptsStridedRows();
  }

  /** A view of strided rows must have the same rows, or be columns of them. */
  private boolean canStrideView(Node node, Value value) {
    Parent parent = parents.get(node.output());
    return parent != null
        && (parent.kind == Kind.COLUMNS
            || (parent.offset == 0 && node.output().shape().last() == value.shape().last()))
        && consumers.getOrDefault(node.output(), Set.of()).stream()
            .allMatch(n -> accepts(n, node.output()))
        && !graph.outputs().containsValue(node.output());
  }

  private static boolean isRowConcat(Node node) {
    return node.op() instanceof Op.Concat(int axis) && axis == node.output().shape().rank() - 1;
  }

  private static long rest(Shape shape, int axis) {
    return shape.product(axis + 1, shape.rank());
  }

  private static int onlyDifferingAxis(Shape a, Shape b) {
    int axis = -1;
    for (int i = 0; i < a.rank(); i++) {
      if (a.dim(i) != b.dim(i)) {
        if (axis >= 0) {
          return -1;
        }
        axis = i;
      }
    }
    return axis;
  }

  /** The values of the graph that own their buffer, constants excepted. */
  List<Value> roots() {
    return java.util.stream.Stream.concat(
            graph.inputs().stream(), graph.nodes().stream().flatMap(n -> n.outputs().stream()))
        .filter(v -> !parents.containsKey(v))
        .toList();
  }
}
