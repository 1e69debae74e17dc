package dev.tilewright.pass;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Rebuilds a graph through a pass. Old values map to the new values that carry the same tensor. */
final class Rewriter {
  private final GraphBuilder builder;
  private final Map<Value, Value> now = new HashMap<>();
  private final Map<Value, Value> outputs = new HashMap<>();

  /** By new value: how often the old values that map to it are used. */
  private final Map<Value, Integer> demand = new HashMap<>();

  private final Set<Value> results;
  private final Map<Value, Integer> uses = new HashMap<>();

  /** By old value: the last node that reads it. */
  private final Map<Value, Node> readers = new HashMap<>();

  private Rewriter(Graph graph, GraphBuilder builder) {
    this.results = new HashSet<>(graph.outputs().values());
    this.builder = builder;
  }

  static Graph apply(Pass pass, Graph graph, GraphBuilder.Folder folder) {
    if (graph.nodes().stream().noneMatch(node -> pass.looksFor(node.op()))) {
      return graph;
    }
    Rewriter r = new Rewriter(graph, new GraphBuilder(folder));
    for (Value input : graph.inputs()) {
      r.now.put(input, r.builder.input(input.name(), input.type()));
    }
    graph.constants().forEach((v, t) -> r.now.put(v, r.builder.constant(v.name(), t)));
    graph.nodes().forEach(n -> n.inputs().forEach(v -> r.uses.merge(v, 1, Integer::sum)));
    graph.nodes().forEach(n -> n.inputs().forEach(v -> r.readers.put(v, n)));
    graph.outputs().values().forEach(v -> r.uses.merge(v, 1, Integer::sum));
    for (Node node : graph.nodes()) {
      pass.rewrite(r.new At(node));
    }
    graph
        .outputs()
        .forEach(
            (name, value) -> r.builder.output(name, r.outputs.getOrDefault(value, r.now(value))));
    return r.builder.build();
  }

  private void map(Value old, Value to) {
    now.put(old, to);
    demand.merge(to, uses.getOrDefault(old, 0), Integer::sum);
  }

  private Value now(Value old) {
    Value value = now.get(old);
    if (value == null) {
      throw new IllegalStateException("pass lost " + old);
    }
    return value;
  }

  /** One node of the old graph, and the means to emit its replacement. */
  final class At {
    private final Node node;

    private At(Node node) {
      this.node = node;
    }

    Node node() {
      return node;
    }

    Op op() {
      return node.op();
    }

    /** An input of the node, in the new graph. */
    Value in(int i) {
      return now(node.input(i));
    }

    /**
     * The node of the new graph that computes input {@code i}, if nothing but this node uses it;
     * else null. Only such a node can be absorbed without computing it twice.
     */
    @Nullable Node soleProducer(int i) {
      return soleProducer(in(i));
    }

    /** The same for a value of the new graph; one that no old value maps to has a single use. */
    @Nullable Node soleProducer(Value value) {
      return demand.getOrDefault(value, 1) > 1 ? null : builder.producer(value);
    }

    /** The node of the old graph that alone reads the node's output, once; else null. */
    @Nullable Node soleReader() {
      return uses.getOrDefault(node.output(), 0) == 1 ? readers.get(node.output()) : null;
    }

    /** How often nodes and outputs read what a value of the new graph carries. */
    int uses(Value value) {
      return demand.getOrDefault(value, 1);
    }

    /** The node of the new graph that computes the value, or null. */
    @Nullable Node producer(Value value) {
      return builder.producer(value);
    }

    /** The values of a constant of the new graph, or null. */
    @Nullable Tensor constant(Value value) {
      return builder.constantOf(value);
    }

    /** The value of a float32 constant of one element, or null. */
    @Nullable Double scalar(Value value) {
      Tensor t = constant(value);
      return t == null || t.dtype() != DType.FLOAT32 || t.shape().elements() != 1
          ? null
          : (double) t.toFloats()[0];
    }

    /** The node of the new graph that computes the value, which is no constant and no input. */
    Node made(Value value) {
      return Objects.requireNonNull(producer(value), value.name());
    }

    /** The value with the elements of an axis in this order. */
    Value inOrder(Value value, int axis, List<Integer> order) {
      if (order.equals(IntStream.range(0, order.size()).boxed().toList())) {
        return value;
      }
      long[] indices = order.stream().mapToLong(Integer::longValue).toArray();
      Tensor tensor = Tensor.of(Shape.of(indices.length), indices);
      return emit(new Op.Gather(axis), value, builder.constant(node.name(), tensor));
    }

    /** A constant. */
    Value known(Tensor tensor) {
      return builder.constant(node.name(), tensor);
    }

    /** A float32 constant of one element. */
    Value number(float value) {
      return builder.constant(node.name(), Tensor.of(Shape.SCALAR, value));
    }

    /**
     * A constant that is computed from others by something else than an operator.
     *
     * @param recipe what {@code compute} does; equal recipes give equal values for the same tensors
     */
    Value derive(Object recipe, List<Tensor> from, Function<Arena, Tensor> compute) {
      return builder.derive(node.name(), recipe, from, compute);
    }

    /** Emits a node named after this one. */
    Value emit(Op op, Value... in) {
      return builder.add(node.name(), op, in);
    }

    /** Emits a node under another node's name: for one that grew by absorbing this. */
    Value emit(String name, Op op, List<Value> in) {
      return builder.addAll(name, op, in).getFirst();
    }

    /** Says which new value carries the node's output from here on. */
    void replace(Value with) {
      map(node.output(), with);
    }

    /** The same, or emits the node as it is if there is no such value. */
    void replaceOrKeep(@Nullable Value with) {
      if (with == null) {
        keep();
      } else {
        replace(with);
      }
    }

    /** The new value that carries the node's output. */
    Value out() {
      return now(node.output());
    }

    /** Whether the node's output is an output of the model. */
    boolean isOutput() {
      return results.contains(node.output());
    }

    /** Another value for the model's output than for the nodes that read this one. */
    void replaceOutput(Value with) {
      outputs.put(node.output(), with);
    }

    /** Emits the node as it is. */
    void keep() {
      keep(node.inputs().stream().map(Rewriter.this::now).toList());
    }

    /** Emits the node with these inputs. */
    void keep(List<Value> in) {
      List<Value> out = builder.addAgain(node, in);
      for (int i = 0; i < out.size(); i++) {
        map(node.outputs().get(i), out.get(i));
      }
    }
  }
}
