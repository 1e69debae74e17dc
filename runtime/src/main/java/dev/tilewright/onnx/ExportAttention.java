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
    String q = heads(out, node, op, 0, HEADS_FIRST);
    String k = heads(out, node, op, 1, TURNED);
    String v = heads(out, node, op, 2, HEADS_FIRST);
    String scale = out.constant("scale", Tensor.of(Shape.SCALAR, op.scale()));
    String scores = out.emit("Mul", Map.of(), out.emit("MatMul", Map.of(), q, k), scale);
    if (op.bias()) {
      scores = out.emit("Add", Map.of(), scores, bias(out, node.input(3), result.dim(0)));
    }
    String shares = out.emit("Softmax", Map.of("axis", new Attribute.Int(-1)), scores);
    String sums = out.emit("MatMul", Map.of(), shares, v);
    String tokens = out.reshape(transposed(out, sums, HEADS_FIRST), result);
    out.define(node.output(), false, op.rows() ? back(out, node, tokens) : tokens);
  }

  private static String heads(
      ExportScope out, Node node, Op.Attention op, int operand, List<Integer> order) {
    Shape s = node.input(operand).shape();
    String x = out.name(node.input(operand), false);
    if (op.rows()) {
      Attribute axis = new Attribute.Int(0);
      x = out.emit("Gather", Map.of("axis", axis), out.reshape(x, rows(s)), named(out, node));
    }
    Shape apart = Shape.of(s.dim(0), s.dim(1), op.heads(), s.last() / op.heads());
    return transposed(out, out.reshape(x, apart), order);
  }

  /** Tokens to the rows that they were: each replaces one of the values. */
  private static String back(ExportScope out, Node node, String tokens) {
    Shape s = node.output().shape();
    String values = out.reshape(out.name(node.input(2), false), rows(s));
    Shape places = Shape.of(rows(s).dim(0), 1);
    String at = out.reshape(named(out, node), places);
    String moved = out.emit("ScatterND", Map.of(), values, at, out.reshape(tokens, rows(s)));
    return out.reshape(moved, s);
  }

  private static String named(ExportScope out, Node node) {
    Value rows = node.inputs().getLast();
    Shape all = Shape.of(Math.toIntExact(rows.shape().elements()));
    return out.reshape(out.name(rows, false), all);
  }

  private static Shape rows(Shape tokens) {
    return Shape.of(Math.toIntExact(tokens.product(0, 2)), tokens.last());
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
