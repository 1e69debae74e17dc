package dev.tilewright.graph;

import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Grows a graph node by node. The type of every value is inferred as it is added, and a node whose
 * inputs are all constants becomes a constant, unless it is a convolution or would grow out of
 * bounds. So does a result without elements, which nothing needs to compute.
 */
public final class GraphBuilder {
  /** Computes a node whose inputs are known. */
  @FunctionalInterface
  public interface Folder {
    List<Tensor> fold(Op op, List<Tensor> inputs, List<TensorType> outputs);

    /**
     * A constant that is computed from others by something else than an operator.
     *
     * @param recipe what {@code compute} does; equal recipes give equal values for the same tensors
     * @param compute may put the values there, or anywhere else
     */
    default Tensor derive(Object recipe, List<Tensor> from, Function<Arena, Tensor> compute) {
      return compute.apply(Arena.ofAuto());
    }
  }

  /**
   * A constant may always shrink or keep its number of elements, but grows to this at most: a few
   * bytes of model must not become gigabytes while it is read.
   */
  private static final long FOLD_BYTES = 64L << 20;

  private final Folder folder;
  private final List<Value> inputs = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Value> outputs = new LinkedHashMap<>();
  private final Map<Value, Tensor> constants = new LinkedHashMap<>();
  private final Map<Value, Node> producers = new HashMap<>();
  private final Map<String, Integer> names = new HashMap<>();

  public GraphBuilder(Folder folder) {
    this.folder = folder;
  }

  public Value input(String name, TensorType type) {
    Value value = new Value(unique(name), type);
    inputs.add(value);
    return value;
  }

  public Value constant(String name, Tensor tensor) {
    Value value = new Value(unique(name), tensor.type());
    constants.put(value, tensor);
    return value;
  }

  /** A constant as {@link Folder#derive} makes it. */
  public Value derive(
      String name, Object recipe, List<Tensor> from, Function<Arena, Tensor> compute) {
    return constant(name, folder.derive(recipe, from, compute));
  }

  /** Adds a node with one output and returns it. */
  public Value add(String name, Op op, Value... in) {
    return addAll(name, op, Arrays.asList(in)).getFirst();
  }

  /**
   * Adds a node and returns its outputs.
   *
   * @param name of the node, for people; its outputs get unique names made from it
   * @throws ShapeException if the operator cannot take these inputs
   */
  public List<Value> addAll(String name, Op op, List<Value> in) {
    List<TensorType> types;
    try {
      types = ShapeInference.infer(op, in.stream().map(Value::type).toList());
      if (types.stream().allMatch(t -> t.shape().elements() == 0)) {
        return types.stream().map(t -> constant(name, Tensor.empty(t))).toList();
      }
      List<Tensor> known = in.stream().map(constants::get).filter(t -> t != null).toList();
      if (known.size() == in.size() && isFoldable(op, in, types)) {
        return folder.fold(op, known, types).stream().map(t -> constant(name, t)).toList();
      }
    } catch (ShapeException e) {
      throw new ShapeException("node '" + name + "': " + e.getMessage());
    }
    return computed(name, op, in, types);
  }

  /**
   * Adds a node of another graph again, over these inputs, and returns its outputs.
   *
   * @throws ShapeException if the operator cannot take these inputs
   */
  public List<Value> addAgain(Node node, List<Value> in) {
    boolean computed = false; // types that are the same need not be inferred again
    for (int i = 0; i < in.size(); i++) {
      if (!in.get(i).type().equals(node.input(i).type())) {
        return addAll(node.name(), node.op(), in);
      }
      computed |= !constants.containsKey(in.get(i));
    }
    return computed
        ? computed(node.name(), node.op(), in, node.outputs().stream().map(Value::type).toList())
        : addAll(node.name(), node.op(), in);
  }

  private List<Value> computed(String name, Op op, List<Value> in, List<TensorType> types) {
    List<Value> out = types.stream().map(t -> new Value(unique(name), t)).toList();
    Node node = new Node(name, op, in, out);
    nodes.add(node);
    out.forEach(v -> producers.put(v, node));
    return out;
  }

  private static boolean isFoldable(Op op, List<Value> in, List<TensorType> out) {
    long before = in.stream().mapToLong(v -> v.shape().elements()).sum();
    long after = out.stream().mapToLong(t -> t.shape().elements()).sum();
    long bytes = out.stream().mapToLong(TensorType::bytes).sum();
    return !(op instanceof Op.Conv) && (after <= before || bytes <= FOLD_BYTES);
  }

  /** The values of a constant, or null if the value is computed or an input. */
  public @Nullable Tensor constantOf(Value value) {
    return constants.get(value);
  }

  /** The node that computes the value, or null if it is a constant or an input. */
  public @Nullable Node producer(Value value) {
    return producers.get(value);
  }

  public void output(String name, Value value) {
    outputs.put(name, value);
  }

  /** The graph without the nodes and constants that no output needs. Inputs all stay. */
  public Graph build() {
    Set<Value> live = new HashSet<>(outputs.values());
    Deque<Node> kept = new ArrayDeque<>();
    for (Node node : nodes.reversed()) {
      if (node.outputs().stream().anyMatch(live::contains)) {
        live.addAll(node.inputs());
        kept.addFirst(node);
      }
    }
    Map<Value, Tensor> used = new LinkedHashMap<>();
    constants.forEach((value, tensor) -> {
      if (live.contains(value)) {
        used.put(value, tensor);
      }
    });
    return new Graph(inputs, List.copyOf(kept), outputs, used);
  }

  private String unique(String name) {
    int count = names.merge(name, 1, Integer::sum);
    return count == 1 ? name : unique(name + "#" + count);
  }
}
