package dev.tilewright.plan;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.FilterSum;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A convolution whose filter a fully connected layer computes, that is a sum of constant filters,
 * with that layer, where nobody else reads the filter.
 *
 * @param between the reshapes that make a filter of what the layer computes, the last first
 */
record SummedFilter(Node layer, List<Node> between, Node conv, FilterSum sum) {
  /** In no order. */
  List<Node> nodes() {
    List<Node> nodes = new ArrayList<>(between);
    nodes.add(layer);
    nodes.add(conv);
    return nodes;
  }

  ConvShape shape() {
    return ConvChain.shape(conv);
  }

  Epilogue epilogue() {
    return ((Op.Conv) conv.op()).epilogue();
  }

  /** The node that stands for both in a planned graph: reads src, factors and residual. */
  Node joined() {
    List<Value> inputs = new ArrayList<>(List.of(conv.input(0), layer.input(0)));
    if (epilogue().residual()) {
      inputs.add(conv.inputs().getLast());
    }
    return new Node(conv.name(), conv.op(), inputs, conv.outputs());
  }

  static List<SummedFilter> of(Graph graph) {
    Map<Value, Node> producers = new HashMap<>();
    Map<Value, Integer> readers = new HashMap<>();
    for (Node node : graph.nodes()) {
      node.outputs().forEach(v -> producers.put(v, node));
      node.inputs().forEach(v -> readers.merge(v, 1, Integer::sum));
    }
    Set<Value> outputs = new HashSet<>(graph.outputs().values());
    List<SummedFilter> found = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (!(node.op() instanceof Op.Conv conv)
          || (conv.epilogue().bias() && !graph.constants().containsKey(node.input(2)))) {
        continue;
      }
      List<Node> between = new ArrayList<>();
      Value value = node.input(1);
      Node from = producers.get(value);
      while (from != null && isOnly(value, readers, outputs) && from.op() instanceof Op.Reshape) {
        between.add(from);
        value = from.input(0);
        from = producers.get(value);
      }
      if (from != null && isOnly(value, readers, outputs) && isLayer(from, graph)) {
        FilterSum sum = sum(from, node);
        if (sum != null) {
          found.add(new SummedFilter(from, List.copyOf(between), node, sum));
        }
      }
    }
    return found;
  }

  private static boolean isOnly(Value value, Map<Value, Integer> readers, Set<Value> outputs) {
    return readers.getOrDefault(value, 0) == 1 && !outputs.contains(value);
  }

  private static boolean isLayer(Node node, Graph graph) {
    return node.op() instanceof Op.Conv conv
        && conv.window().equals(Op.Window.POINT)
        && conv.epilogue().equals(Epilogue.NONE)
        && node.input(1).shape().product(2, 4) == 1
        && graph.constants().containsKey(node.input(1));
  }

  /** Null if rows of factors do not stand for images, output channels and parts of the input. */
  private static @Nullable FilterSum sum(Node layer, Node conv) {
    Shape filter = conv.input(1).shape();
    int channels = filter.dim(1);
    int groups = ((Op.Conv) layer.op()).groups();
    int images = Math.toIntExact(layer.input(0).shape().product(0, 3));
    int experts = layer.input(1).shape().dim(1);
    if (filter.dim(0) % images != 0 || ((Op.Conv) conv.op()).groups() % images != 0) {
      return null;
    }
    int rows = filter.dim(0) / images;
    if (groups == 1) {
      return new FilterSum(images, experts, 1, false);
    }
    return groups % rows == 0 && channels % (groups / rows) == 0
        ? new FilterSum(images, experts, groups / rows, true)
        : null;
  }
}
