package dev.tilewright.onnx;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Writes attention as the products, the softmax and the moves of heads that it consists of. */
final class ExportAttention {
  /** Images, tokens, heads, columns of a head: the two in the middle change places. */
  private static final List<Integer> HEADS_FIRST = List.of(0, 2, 1, 3);

  private static final List<Integer> TURNED = List.of(0, 2, 3, 1);
  private static final List<Integer> QUERIES_FIRST = List.of(0, 1, 3, 2);

  private ExportAttention() {}

  static void write(ExportScope out, Node node, Op.Attention op) {
    Shape result = node.output().shape();
    String q = heads(out, node.input(0), op.heads(), HEADS_FIRST);
    String k = heads(out, node.input(1), op.heads(), TURNED);
    String v = heads(out, node.input(2), op.heads(), HEADS_FIRST);
    String scale = out.constant("scale", Tensor.of(Shape.SCALAR, op.scale()));
    String scores = out.emit("Mul", Map.of(), out.emit("MatMul", Map.of(), q, k), scale);
    if (op.bias()) {
      scores = out.emit("Add", Map.of(), scores, bias(out, node.input(3), result.dim(0)));
    }
    String shares = out.emit("Softmax", Map.of("axis", new Attribute.Int(-1)), scores);
    String sums = out.emit("MatMul", Map.of(), shares, v);
    String tokens = transposed(out, sums, HEADS_FIRST);
    out.define(node.output(), false, out.reshape(tokens, result));
  }

  private static String heads(ExportScope out, Value x, int heads, List<Integer> order) {
    Shape s = x.shape();
    Shape apart = Shape.of(s.dim(0), s.dim(1), heads, s.last() / heads);
    return transposed(out, out.reshape(out.name(x, false), apart), order);
  }

  /** Queries before keys, and of each image. */
  private static String bias(ExportScope out, Value bias, int images) {
    String turned = transposed(out, out.name(bias, false), QUERIES_FIRST);
    int times = images / bias.shape().dim(0);
    return times == 1
        ? turned
        : out.emit("Tile", Map.of(), turned, out.longs(List.of(times, 1, 1, 1)));
  }

  private static String transposed(ExportScope out, String x, List<Integer> order) {
    return out.emit("Transpose", Map.of("perm", ExportScope.ints(order)), x);
  }
}
