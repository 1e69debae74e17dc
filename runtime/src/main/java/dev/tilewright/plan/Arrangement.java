package dev.tilewright.plan;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  /** Values whose rows may not be strided. */
  private final Set<Value> dense = new HashSet<>();

  /** Columns of other values, and views of such. */
  private final Set<Value> columns = new HashSet<>();

  private final Set<Node> free = new HashSet<>();
  private final Map<Node, Set<Integer>> inPlace = new HashMap<>();
  private final Set<Value> outputs;
  private final Map<Value, Schedule.Spot> spots = new HashMap<>();

  /**
   * @param kernels of the nodes that compute; Reshape, Slice and Concat have none yet
   */
  Arrangement(Graph graph, Map<Node, Kernel> kernels) {
    this.graph = graph;
    this.kernels = kernels;
    this.outputs = new HashSet<>(graph.outputs().values());
    for (Node node : graph.nodes()) {
      node.outputs().forEach(v -> producers.put(v, node));
      node.inputs().forEach(v -> consumers.computeIfAbsent(v, k -> new HashSet<>()).add(node));
    }
    // A caller reads and writes inputs and outputs as dense tensors.
    dense.addAll(graph.inputs());
    dense.addAll(outputs);
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

  /** Where a value lies. */
  Schedule.Spot spot(Value value) {
    Deque<Value> chain = new ArrayDeque<>(); // of views, which may be longer than the stack
    Value at = value;
    for (Parent up = parents.get(at); up != null && !spots.containsKey(at); up = parents.get(at)) {
      chain.push(at);
      at = up.value;
    }
    Schedule.Spot spot = spots.computeIfAbsent(at, v -> new Schedule.Spot(v, 0, ownStride(v)));
    for (Value view : chain) {
      spot = seen(view, Objects.requireNonNull(parents.get(view)), spot);
      spots.put(view, spot);
    }
    return spot;
  }

  private static Schedule.Spot seen(Value view, Parent parent, Schedule.Spot from) {
    int columns = view.shape().last();
    boolean sameRows = columns == parent.value.shape().last();
    long stride = parent.kind == Kind.COLUMNS || sameRows ? from.rowStride() : columns;
    return new Schedule.Spot(from.root(), from.offset() + parent.offset, stride);
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
   * cache set and halves the speed of a convolution; such rows get 16 columns more.
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
          if (from.product(0, axis) == 1 && !columns.contains(node.input(0))) {
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
    lay(node.output(), parent);
    free.add(node);
  }

  private void lay(Value view, Parent parent) {
    parents.put(view, parent);
    if (parent.kind == Kind.COLUMNS || columns.contains(parent.value)) {
      columns.add(view);
    }
  }

  /** Concat: the inputs as views of the output. */
  private void viewsOfOutput(Node node) {
    if (!(node.op() instanceof Op.Concat(int axis))) {
      return;
    }
    Shape shape = node.output().shape();
    Kind kind = kind(shape, axis);
    if (kind == null || (kind == Kind.PART && columns.contains(node.output()))) {
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
        lay(in, new Parent(node.output(), kind, offset));
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
    return parents.containsKey(value) || outputs.contains(value);
  }

  /** How the parts of a Concat lie in its result, or null if they are scattered. */
  private static @Nullable Kind kind(Shape shape, int axis) {
    if (shape.product(0, axis) == 1) {
      return Kind.PART;
    }
    return axis == shape.rank() - 1 ? Kind.COLUMNS : null;
  }

  /**
   * The memory of each input of a Concat inside its result: where a copy must go if the input is
   * not in place.
   *
   * @throws IllegalStateException if the inputs' elements are scattered
   */
  List<Schedule.Spot> parts(Node concat) {
    int axis = ((Op.Concat) concat.op()).axis();
    Shape shape = concat.output().shape();
    Kind kind = kind(shape, axis);
    if (kind == null) {
      throw new IllegalStateException("scattered: " + concat);
    }
    Schedule.Spot whole = spot(concat.output());
    List<Schedule.Spot> parts = new ArrayList<>();
    long offset = whole.offset();
    for (Value in : concat.inputs()) {
      long stride = kind == Kind.COLUMNS ? whole.rowStride() : in.shape().last();
      parts.add(new Schedule.Spot(whole.root(), offset, stride));
      offset += in.shape().dim(axis) * (kind == Kind.PART ? rest(shape, axis) : 1);
    }
    return parts;
  }

  /** Whether a Concat can be done by placing or copying each input on its own. */
  static boolean isSeparable(Node concat) {
    return concat.op() instanceof Op.Concat(int axis)
        && kind(concat.output().shape(), axis) != null;
  }

  private boolean isMovable(Value value, Kind kind) {
    if (!producers.containsKey(value) || isOwned(value)) {
      return false;
    }
    if (kind == Kind.PART || canStride(value)) {
      return true;
    }
    dense.add(value); // which stays so: the next Concat that reads it need not ask again
    return false;
  }

  /** Whether everything that reads or writes the value accepts strided rows. */
  private boolean canStride(Value value) {
    if (dense.contains(value) || graph.constants().containsKey(value)) {
      return false;
    }
    Node producer = producers.get(value);
    if (producer == null || (!free.contains(producer) && !accepts(producer))) {
      return false;
    }
    Deque<Value> views = new ArrayDeque<>(List.of(value));
    Set<Value> seen = new HashSet<>();
    while (!views.isEmpty()) {
      Value rows = views.pop();
      for (Node node : consumers.getOrDefault(rows, Set.of())) {
        if (!free.contains(node)) {
          if (!accepts(node)) {
            return false;
          }
        } else if (!isViewOfRows(node, rows)) {
          return false;
        } else if (seen.add(node.output())) {
          views.push(node.output());
        }
      }
    }
    return true;
  }

  private boolean accepts(Node node) {
    @Nullable Kernel kernel = kernels.get(node);
    return kernel == null
        ? node.op() instanceof Op.Concat // copied row by row where it cannot stay
            && isRowConcat(node)
        : kernel.acceptsStridedRows();
  }

  /** A view of strided rows must have the same rows, or be columns of them. */
  private boolean isViewOfRows(Node node, Value value) {
    Parent parent = parents.get(node.output());
    return parent != null
        && (parent.kind == Kind.COLUMNS
            || (parent.offset == 0 && node.output().shape().last() == value.shape().last()))
        && !outputs.contains(node.output());
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
}
