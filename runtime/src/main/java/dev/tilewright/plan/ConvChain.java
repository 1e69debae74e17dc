package dev.tilewright.plan;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions that follow each other and nobody looks in between: a depthwise one, with the 1x1
 * before it, the one after it, or both. A few rows at a time, their intermediates never leave a
 * core's cache.
 *
 * @param before 1x1, stride 1, no residual
 * @param depthwise dense taps; with a residual only if nothing comes after it
 * @param after 1x1, stride 1
 */
record ConvChain(@Nullable Node before, Node depthwise, @Nullable Node after) {
  /**
   * Rows of so few pixels are left alone: their maps fit a cache as they are, and some kernels sum
   * in another order where there are only one or two pixels.
   */
  private static final int FEWEST_COLUMNS = 8;

  /** In order. */
  List<Node> nodes() {
    return Stream.of(before, depthwise, after).filter(Objects::nonNull).toList();
  }

  Node first() {
    return before == null ? depthwise : before;
  }

  Node last() {
    return after == null ? depthwise : after;
  }

  /** What each member computes, in order. */
  static ConvShape shape(Node node) {
    return ((Op.Conv) node.op()).shape(node.input(0).shape(), node.input(1).shape());
  }

  /**
   * The node that stands for the chain in a planned graph: the last convolution, reading what the
   * first reads.
   */
  Node joined() {
    List<Value> inputs = new ArrayList<>(last().inputs());
    inputs.set(0, first().input(0));
    return new Node(first().name() + ".." + last().name(), last().op(), inputs, last().outputs());
  }

  /** The chains of a graph, those of one depthwise convolution together, longest first. */
  static List<List<ConvChain>> of(Graph graph) {
    Map<Value, Node> producers = new HashMap<>();
    Map<Value, List<Node>> readers = new HashMap<>();
    for (Node node : graph.nodes()) {
      node.outputs().forEach(v -> producers.put(v, node));
      node.inputs().forEach(v -> readers.computeIfAbsent(v, k -> new ArrayList<>()).add(node));
    }
    Set<Value> outputs = new HashSet<>(graph.outputs().values());
    List<List<ConvChain>> chains = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (!isKnown(node, graph) || !isDepthwise(shape(node))) {
        continue;
      }
      Node before = producers.get(node.input(0));
      if (before != null
          && !(isPointwise(before, graph) && leadsTo(before, node, readers, outputs))) {
        before = null;
      }
      if (before != null && hasResidual(before)) {
        before = null;
      }
      List<Node> after = readers.getOrDefault(node.output(), List.of());
      Node next =
          after.size() == 1
                  && isPointwise(after.getFirst(), graph)
                  && !hasResidual(node)
                  && leadsTo(node, after.getFirst(), readers, outputs)
              ? after.getFirst()
              : null;
      List<ConvChain> found = new ArrayList<>();
      if (before != null && next != null) {
        found.add(new ConvChain(before, node, next));
      }
      if (next != null) {
        found.add(new ConvChain(null, node, next));
      }
      if (before != null) {
        found.add(new ConvChain(before, node, null));
      }
      if (!found.isEmpty()) {
        chains.add(found);
      }
    }
    return chains;
  }

  /** Whether one node's output is the other's image and nothing else's input. */
  private static boolean leadsTo(
      Node from, Node to, Map<Value, List<Node>> readers, Set<Value> outputs) {
    return to.input(0).equals(from.output())
        && readers.getOrDefault(from.output(), List.of()).size() == 1
        && !outputs.contains(from.output());
  }

  /** Whether it is a convolution whose weights do not wait for a run. */
  static boolean isKnown(Node node, Graph graph) {
    return node.op() instanceof Op.Conv conv
        && graph.constants().containsKey(node.input(1))
        && (!conv.epilogue().bias() || graph.constants().containsKey(node.input(2)));
  }

  private static boolean hasResidual(Node node) {
    return node.op() instanceof Op.Conv conv && conv.epilogue().residual();
  }

  private static boolean isPointwise(Node node, Graph graph) {
    if (!isKnown(node, graph)) {
      return false;
    }
    ConvShape s = shape(node);
    return s.isPointwise()
        && s.groups() == 1
        && s.stride().equals(new Size(1, 1))
        && s.pad().equals(new Padding(0, 0, 0, 0));
  }

  /** Windows that reach into the image everywhere, so that a band of it is never empty. */
  private static boolean isDepthwise(ConvShape s) {
    return s.isDepthwise()
        && s.outChannels() == s.inChannels()
        && s.dilation().equals(new Size(1, 1))
        && Math.max(s.pad().top(), s.pad().bottom()) < s.kernel().height()
        && Math.min(s.in().width(), s.out().width()) >= FEWEST_COLUMNS;
  }
}
