package dev.tilewright.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/** Checks the names of a graph and puts its nodes into topological order. */
final class NodeOrder {
  private NodeOrder() {}

  /**
   * The nodes, each after those it depends on; where the file's order will do it is kept.
   *
   * @param given names that have a value before any node has run; none may be there twice
   * @param around names that may be used without anything here defining them
   * @throws ModelFormatException if a name is defined twice or not at all, or there is a cycle
   */
  static List<OnnxNode> sort(List<String> given, List<OnnxNode> nodes, Set<String> around) {
    Map<String, Integer> producers = producers(given, nodes);
    int[] missing = new int[nodes.size()];
    Map<Integer, List<Integer>> consumers = new HashMap<>();
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < nodes.size(); i++) {
      for (String input : nodes.get(i).reads()) {
        Integer producer = around.contains(input) ? Integer.valueOf(-1) : producers.get(input);
        if (producer == null) {
          throw nodes.get(i).bad("nothing computes its input '" + input + "'");
        }
        if (producer >= 0) {
          missing[i]++;
          consumers.computeIfAbsent(producer, p -> new ArrayList<>()).add(i);
        }
      }
      if (missing[i] == 0) {
        ready.add(i);
      }
    }
    List<OnnxNode> sorted = new ArrayList<>(nodes.size());
    while (!ready.isEmpty()) {
      int node = ready.remove();
      sorted.add(nodes.get(node));
      for (int consumer : consumers.getOrDefault(node, List.of())) {
        if (--missing[consumer] == 0) {
          ready.add(consumer);
        }
      }
    }
    for (int i = 0; i < missing.length; i++) {
      if (missing[i] > 0) {
        throw nodes.get(i).bad("depends on its own result: the graph has a cycle");
      }
    }
    return List.copyOf(sorted);
  }

  /** Per name the node that computes it, or -1 if it is given. */
  private static Map<String, Integer> producers(List<String> given, List<OnnxNode> nodes) {
    Map<String, Integer> producers = new HashMap<>();
    for (String name : given) {
      if (producers.put(name, -1) != null) {
        throw new ModelFormatException("'" + name + "' is defined twice");
      }
    }
    for (int i = 0; i < nodes.size(); i++) {
      for (String output : nodes.get(i).outputs()) {
        if (!output.isEmpty() && producers.put(output, i) != null) {
          throw nodes.get(i).bad("'" + output + "' is defined twice");
        }
      }
    }
    return producers;
  }
}
