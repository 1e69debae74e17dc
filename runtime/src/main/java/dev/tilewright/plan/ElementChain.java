package dev.tilewright.plan;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Elementwise.Step;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Elementwise nodes that lead to one result, in order, the last being the one that gives it. All
 * give tensors of one shape; nobody else reads what lies between. What they read from elsewhere
 * broadcasts to it.
 */
record ElementChain(List<Node> nodes) {
  /** Inputs and steps of one chain: what a kernel keeps in registers is not far above. */
  private static final int MOST_INPUTS = 8;

  private static final int MOST_STEPS = 16;

  ElementChain {
    nodes = List.copyOf(nodes);
  }

  Node last() {
    return nodes.getLast();
  }

  /** What the chain reads, each once. */
  List<Value> inputs() {
    Set<Value> inputs = new LinkedHashSet<>();
    nodes.forEach(n -> inputs.addAll(n.inputs()));
    nodes.forEach(n -> inputs.remove(n.output()));
    return List.copyOf(inputs);
  }

  /** The node that stands for the chain in a planned graph. */
  Node joined() {
    List<Value> known = new ArrayList<>(inputs());
    int inputs = known.size();
    List<Step> steps = new ArrayList<>();
    for (Node node : nodes) {
      steps.add(new Step(node.op(), node.inputs().stream().map(known::indexOf).toList()));
      known.add(node.output());
    }
    String name = nodes.getFirst().name() + ".." + last().name();
    return new Node(
        name, new Op.Elementwise(inputs, steps), known.subList(0, inputs), last().outputs());
  }

  /** A chain that is being gathered from its end. */
  private static final class Growing {
    private final Node last;
    private final List<Node> nodes = new ArrayList<>();
    private final Set<Value> inputs = new LinkedHashSet<>();

    Growing(Node last) {
      this.last = last;
      add(last);
    }

    boolean takes(Node node) {
      Set<Value> after = new LinkedHashSet<>(inputs);
      after.remove(node.output());
      after.addAll(node.inputs());
      return node.output().shape().equals(last.output().shape())
          && nodes.size() < MOST_STEPS
          && after.size() <= MOST_INPUTS;
    }

    void add(Node node) {
      nodes.addFirst(node);
      inputs.remove(node.output());
      inputs.addAll(node.inputs());
    }
  }

  /**
   * The longest chains of a graph, each of two nodes at least.
   *
   * @param joins which nodes may be part of one
   */
  static List<ElementChain> of(Graph graph, Predicate<Node> joins) {
    // By value, the chain of all that read it so far; null if they are of several.
    Map<Value, @Nullable Growing> readers = new HashMap<>();
    graph.outputs().values().forEach(v -> readers.put(v, null));
    Map<Node, Growing> chains = new LinkedHashMap<>();
    for (Node node : graph.nodes().reversed()) {
      Growing chain = null;
      if (joins.test(node)) {
        chain = readers.get(node.output());
        if (chain != null && chain.takes(node)) {
          chain.add(node);
        } else if (node.output().type().dtype() == DType.FLOAT32) {
          chain = new Growing(node);
          chains.put(node, chain);
        } else {
          chain = null;
        }
      }
      for (Value in : node.inputs()) {
        boolean same = !readers.containsKey(in) || (chain != null && readers.get(in) == chain);
        readers.put(in, same ? chain : null);
      }
    }
    return chains.values().stream()
        .filter(chain -> chain.nodes.size() > 1)
        .map(chain -> new ElementChain(chain.nodes))
        .toList();
  }

  /** What lies between: the outputs of all but the last. */
  Stream<Value> between() {
    return nodes.stream().limit(nodes.size() - 1L).map(Node::output);
  }
}
