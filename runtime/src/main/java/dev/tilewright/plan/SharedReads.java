package dev.tilewright.plan;

import dev.tilewright.backend.Backend;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reductions of one tensor over the same axes, such as its mean and its maximum, become one step
 * where a backend makes them in one read. The arithmetic of each is the same either way.
 */
final class SharedReads {
  /** What reductions must have in common. */
  private record Read(Value of, List<Integer> axes, boolean keepDims) {}

  private SharedReads() {}

  static Graph of(Graph graph, List<Backend> backends) {
    Map<Read, List<Node>> reads = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Reduce(ReduceKind _, List<Integer> axes, boolean keepDims)) {
        reads
            .computeIfAbsent(new Read(node.input(0), axes, keepDims), r -> new ArrayList<>())
            .add(node);
      }
    }
    StandIns standIns = new StandIns();
    reads.values().stream()
        .filter(nodes -> nodes.size() > 1)
        .forEach(nodes -> {
          Node together = together(nodes);
          if (backends.stream()
              .anyMatch(b -> b.operator(Selection.problem(together, graph)).isPresent())) {
            standIns.add(together, nodes.getFirst(), nodes);
          }
        });
    return standIns.in(graph);
  }

  /** In the order of their kinds, so that backends need to know one order. */
  private static Node together(List<Node> nodes) {
    List<Node> sorted =
        nodes.stream().sorted(Comparator.comparing(n -> ((Op.Reduce) n.op()).kind())).toList();
    Op.Reduce some = (Op.Reduce) nodes.getFirst().op();
    return new Node(
        nodes.getFirst().name() + ".." + nodes.getLast().name(),
        new Op.Reductions(
            sorted.stream().map(n -> ((Op.Reduce) n.op()).kind()).toList(),
            some.axes(),
            some.keepDims()),
        nodes.getFirst().inputs(),
        sorted.stream().map(Node::output).toList());
  }
}
