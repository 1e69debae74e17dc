package dev.tilewright.plan;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Nodes that each stand for several of a graph. */
final class StandIns {
  private final Map<Node, Node> at = new HashMap<>();
  private final Set<Node> gone = new HashSet<>();

  /**
   * @param place which of {@code nodes} it stands at: behind all that it reads
   */
  void add(Node standIn, Node place, Collection<Node> nodes) {
    at.put(place, standIn);
    gone.addAll(nodes);
  }

  /** The graph with them in place of what they stand for. */
  Graph in(Graph graph) {
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      Node standIn = at.get(node);
      if (standIn != null) {
        nodes.add(standIn);
      } else if (!gone.contains(node)) {
        nodes.add(node);
      }
    }
    return new Graph(graph.inputs(), nodes, graph.outputs(), graph.constants());
  }
}
